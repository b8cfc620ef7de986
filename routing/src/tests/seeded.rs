//! Do the tests have teeth? Each seeded bug is one guard of the Lua broken; the twin must notice.

use super::calls::calls;
use super::desk::small_library;
use super::postal::{letters, post_run};
use super::properties::{agree, check, desks};
use crate::Router;
use proptest::prelude::{ProptestConfig, Strategy};
use proptest::test_runner::{RngSeed, TestCaseError};

/// What breaks, the guard as it stands, and the guard broken.
const OF_CONVERSATIONS: &[(&str, &str, &str)] = &[
    (
        "one number is rung for two",
        "if other and other ~= v.id then\n    return { 'taken'",
        "if false then\n    return { 'taken'",
    ),
    (
        "there are two calls at a time",
        "if H.is_live(cb) then\n    return { 'busy', cb.call }",
        "if false then\n    return { 'busy', cb.call }",
    ),
    ("an earlier owner's words count", "(epoch == '' or cb.epoch == epoch) then", "true then"),
    ("a line tells of another's calls", " and cb.line == line and ", " and "),
    ("a call goes back", "or H.STAGES[stage] < H.STAGES[cb.stage] then", "then"),
    (
        "who wants to be rung waits for a chat",
        "H.is_wanted(H.callback(c, v)) and 'p' or v.door",
        "v.door",
    ),
    (
        "a call whose agent went away is nobody's",
        "elseif a and a.presence == 'offline' then",
        "elseif false then",
    ),
    ("whoever accepts is not rung", "if cb and cb.state == 'wanted' and not", "if false and not"),
    (
        "a duplicate is appended again",
        "  if seen then\n    local conversation",
        "  if false then\n    local conversation",
    ),
    ("a closed window does not close", "<= c.now then\n    return nil", "< 0 then\n    return nil"),
    ("a full queue lets everyone in", "e.waiting_max > 0 and", "false and"),
    (
        "an accept needs no token",
        "or v.token ~= args[4] then\n    return { 'stale' }\n  end\n  local a = H.load_agent(c, args[3])\n  H.cancel",
        "then\n    return { 'stale' }\n  end\n  local a = H.load_agent(c, args[3])\n  H.cancel",
    ),
    (
        "an accept leaves the offer's timer",
        "  H.cancel(c, 'o', v.id)\n  a.offer, a.misses",
        "  a.offer, a.misses",
    ),
    ("misses are never forgiven", "  a.offer, a.misses = '', 0", "  a.offer = ''"),
    (
        "who declined is asked again",
        "  H.exclude(v, a.id)\n  H.requeue(c, v, 'declined')",
        "  H.requeue(c, v, 'declined')",
    ),
    (
        "who missed it is asked again",
        "  H.exclude(v, a.id)\n  H.requeue(c, v, 'expired')",
        "  H.requeue(c, v, 'expired')",
    ),
    (
        "an agent never stops answering",
        "if a.misses >= H.policy",
        "if false and a.misses >= H.policy",
    ),
    (
        "the head of a lane is not renewed",
        "    if first[1] then\n      redis.call('ZADD', heads",
        "    if false then\n      redis.call('ZADD', heads",
    ),
    (
        "an earlier arrival does not become head",
        "if not head or tonumber(head) > v.due then",
        "if not head then",
    ),
    (
        "sticky lanes mix with the others",
        "  if only ~= '' then\n    return c.t .. 'heads:'",
        "  if false then\n    return c.t .. 'heads:'",
    ),
    (
        "capacity is not looked at",
        "used + of.cost <= capacity.units and held < of.limit",
        "used + of.cost <= capacity.units",
    ),
    ("units are not looked at", "used + of.cost <= capacity.units and", "true and"),
    ("an assignment by hand ignores capacity", "  if not fits(v, a) then", "  if false then"),
    (
        "an offline agent is assigned by hand",
        "or a.presence == 'offline' then\n    return { 'agent_unavailable' }",
        "then\n    return { 'agent_unavailable' }",
    ),
    ("levels are not compared", "if (has[skill] or 0) < level then", "if not has[skill] then"),
    ("an excluded agent is found", "if not H.listed(excluded, members[n]) then", "if true then"),
    (
        "the first agent is not the longest idle",
        "return not best or score < best.score",
        "return not best or score > best.score",
    ),
    (
        "groups are not left when a better one is sure",
        "and head > best.score then",
        "and head >= 0 then",
    ),
    ("least loaded is longest idle", "    return group.used\n", "    return 0\n"),
    ("best skilled is worst skilled", "return -H.skill_sum", "return H.skill_sum"),
    (
        "an agent takes the later of two lanes",
        "general_due < own_due or",
        "general_due > own_due or",
    ),
    (
        "an offer does not hold capacity",
        "  v.units = H.hold(c, a, v)\n  a.turn_at",
        "  v.units = 0\n  a.turn_at",
    ),
    (
        "two offers at once",
        "if a.presence ~= 'ready' or a.offer ~= '' then",
        "if a.presence ~= 'ready' then",
    ),
    (
        "an agent who is away gets work",
        "if a.presence ~= 'ready' or a.offer ~= '' then",
        "if a.offer ~= '' then",
    ),
    (
        "nobody looks after closing",
        "(from == 'offered' or from == 'active') then\n    H.match_agent(c, a, 'released')",
        "(from == 'offered' or from == 'active') then\n    H.save_agent(c, a)",
    ),
    (
        "nobody looks when an agent is ready",
        "    H.match_agent(c, a, 'ready')\n  elseif",
        "    H.save_agent(c, a)\n  elseif",
    ),
    ("a transfer comes straight back", "args[12] == '1' and a.id or ''", "''"),
    (
        "a transfer asks its agent first",
        "  a.offer = v.id\n  H.save_agent(c, a)\n",
        "  H.save_agent(c, a)\n",
    ),
    (
        "a lost agent keeps the conversations",
        "  H.abandon(c, a, 'agent_lost', false)",
        "  H.withdraw(c, a)",
    ),
    ("mail is taken from an absent agent", "(all or v.kind ~= 'e')", "(true)"),
    (
        "a lost agent's offer stays",
        "  H.cancel(c, 'o', v.id)\n  H.let_go(c, a, v)",
        "  H.let_go(c, a, v)",
    ),
    (
        "waiting time starts anew",
        "  H.save(v, 'state', 'queued', 'agent', ''",
        "  H.save(v, 'arrived', c.now, 'state', 'queued', 'agent', ''",
    ),
    (
        "a step moves the due time",
        "    H.save(v, 'step', v.step + 1, 'lane'",
        "    H.save(v, 'due', v.due + 1, 'step', v.step + 1, 'lane'",
    ),
    (
        "a step is forgotten",
        "  if step.action ~= 'R' then\n    H.save(v, 'step', v.step + 1)\n  end",
        "",
    ),
    (
        "a timer runs early",
        "'-inf', H.int(c.now), 'LIMIT', 0, 1)[1]",
        "'-inf', H.int(c.now + 1000), 'LIMIT', 0, 1)[1]",
    ),
    (
        "reading goes beyond the log",
        "math.min(tonumber(wanted), redis.call('LLEN', c.t .. 'log:' .. v.id) + v.base)",
        "tonumber(wanted)",
    ),
    (
        "a stranger closes a conversation",
        "(by == 'contact' and v.contact == who)",
        "(by == 'contact')",
    ),
    ("archiving forgets what grew", "or last ~= tonumber(args[3]) then", "then"),
    (
        "a wrap-up frees no capacity",
        "  if a then\n    H.let_go(c, a, v)\n    a.idle_since = c.now\n  end\n  H.event(c, 'wrap_up_ended'",
        "  H.event(c, 'wrap_up_ended'",
    ),
    ("who was excluded is never asked again", "  return others == 0\n", "  return false\n"),
    (
        "a reminder asks nobody again",
        "local reminded = step.action == 'R' and",
        "local reminded = false and",
    ),
    (
        "who is ready again is asked nothing anew",
        "    H.ask_anew(c, a)\n    H.match_agent",
        "    H.match_agent",
    ),
    (
        "the newest of those excluded is forgiven",
        "    table.remove(names, 1)\n",
        "    table.remove(names)\n",
    ),
    ("timers of one moment run by name", "string.format('%016d:', due + 1e15) .. v.id", "v.id"),
    ("what a lost agent held goes back by name", "if one.due ~= other.due then", "if false then"),
    (
        "an absent agent is waited for",
        "if only == '' or (a and a.presence == 'ready') then",
        "if true then",
    ),
    ("a far due time holds up what comes before", "if at > v.due or", "if true or"),
    (
        "the overflow moves with the lanes",
        "string.format('%d O', overflow.after)",
        "string.format('%d O', overflow.after - length)",
    ),
    ("anyone writes a note", "return kind == 'note_of_supervisor' or", "return true or"),
    (
        "what was read meanwhile goes by mail",
        "if known_to(c, v) ~= tonumber(args[3]) then",
        "if false then",
    ),
    (
        "who is on the line is written to",
        "H.int(c.now))\n  return redis.call('EXISTS', key) == 1",
        "H.int(c.now))\n  return false",
    ),
    ("a third address is written to", "redis.call('SCARD', key) < ADDRESSES_MAX", "true"),
    (
        "what waits for mail is forgotten",
        "(threads or pointed or look_at) then",
        "(threads or pointed) then",
    ),
];

/// The same for what calls tell.
const OF_CALLS: &[(&str, &str, &str)] = &[
    (
        "an agent who speaks is still rung",
        "and H.STAGES[cb.stage] < ANSWERED and H.STAGES[stage] >= ANSWERED",
        "and H.STAGES[stage] >= ANSWERED",
    ),
    (
        "an agent answers when the person does",
        "local ANSWERED = H.STAGES.agent_answered",
        "local ANSWERED = H.STAGES.connected",
    ),
    (
        "a call's telephone rang in the call before",
        "    'rung', '', 'rang', '', 'connected', ''",
        "    'connected', ''",
    ),
    ("a change of a request is a new one", "tostring(not anew)", "'false'"),
];

/// The same for the outbox and its duty.
const OF_DELIVERIES: &[(&str, &str, &str)] = &[
    (
        "an old epoch may write",
        "'epoch') ~= args[3] then\n    return { 'fenced' }\n  end\n  redis.call('HSET', c.t .. 'cursors'",
        "'epoch') == 'x' then\n    return { 'fenced' }\n  end\n  redis.call('HSET', c.t .. 'cursors'",
    ),
    ("a duty is taken from its owner", "if owner ~= args[3] and not free then", "if false then"),
    ("an epoch is used twice", "    epoch = epoch + 1\n", ""),
    ("a stale claim is recorded", "or held[1] ~= args[3] then", "then"),
    (
        "a delivery is put in twice",
        "if redis.call('EXISTS', key) == 1 then\n    return",
        "if false then\n    return",
    ),
    ("a claim is free at once", "H.int(c.now + lease_ms), endpoint)", "H.int(c.now), endpoint)"),
    (
        "a box goes on before its retry",
        "H.next_in_box(c, endpoint, tonumber(args[5]))",
        "H.next_in_box(c, endpoint, c.now)",
    ),
    (
        "a letter tried again overtakes the one on its way",
        "  redis.call('ZADD', H.boxes(c, held[2]), 'NX', H.int(c.now), held[2])",
        "  redis.call('ZADD', H.boxes(c, held[2]), H.int(c.now), held[2])",
    ),
    (
        "the lease of the first ends with another's",
        "'delivery:' .. first, 'state') ~= 'sending' then",
        "'delivery:' .. first, 'state') ~= '' then",
    ),
    (
        "a token comes twice",
        "H.int(redis.call('HINCRBY', c.t .. 'meta', 'claims', 1))",
        "H.int(tries)",
    ),
    ("a dead letter blocks its box", "  redis.call('ZREM', box, id)\n  if outcome", "  if outcome"),
];

/// Always the same sequences: whether a bug is caught follows from the code alone.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(1),
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn broken((bug, guard, instead): (&str, &str, &str)) -> String {
    let text = small_library();
    assert_eq!(text.matches(guard).count(), 1, "«{bug}»: its guard is not there once: {guard}");
    text.replace(guard, instead)
}

/// The names of the bugs that the twin does not notice; each is told with the time it took.
fn missed<S: Strategy>(
    bugs: &[(&'static str, &str, &str)],
    strategy: &S,
    test: impl AsyncFn(Router, S::Value) -> Result<(), TestCaseError>,
) -> Vec<&'static str>
where
    S::Value: std::fmt::Debug,
{
    let is_missed = |bug: &(&str, &str, &str)| {
        let started = std::time::Instant::now();
        let missed = check(config(), &broken(*bug), strategy, &test).is_ok();
        let found = if missed { "MISSED" } else { "caught" };
        println!("{:>6} ms {found} {}", started.elapsed().as_millis(), bug.0);
        missed
    };
    bugs.iter().filter(|bug| is_missed(bug)).map(|(bug, ..)| *bug).collect()
}

#[test]
fn every_seeded_bug_of_conversations_is_caught() {
    let missed = missed(OF_CONVERSATIONS, &desks(), agree);
    assert!(missed.is_empty(), "not caught: {missed:#?}");
}

#[test]
fn every_seeded_bug_of_calls_is_caught() {
    let missed = missed(OF_CALLS, &calls(), agree);
    assert!(missed.is_empty(), "not caught: {missed:#?}");
}

#[test]
fn every_seeded_bug_of_deliveries_is_caught() {
    let missed = missed(OF_DELIVERIES, &letters(), post_run);
    assert!(missed.is_empty(), "not caught: {missed:#?}");
}

-- The life of a conversation: entering, offer, assignment, letting go, close. Each step keeps the
-- conversation in exactly the indexes of its state.

local function queued_event(c, v, reason)
  H.event(c, 'conversation_queued', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","queue":"' .. v.queue .. '","lane":"' .. v.lane .. '","due_at":' .. H.int(v.due)
    .. ',"reason":"' .. reason .. '"')
end

-- Back to (or into) its lane at its old place, or straight to an agent. It stands in no index now.
function H.requeue(c, v, reason)
  H.save(v, 'state', 'queued', 'agent', '', 'token', '', 'lane', v.lane, 'until', '', 'units', 0)
  queued_event(c, v, reason)
  if not H.match_conversation(c, v, reason) then
    H.wait(c, v)
  end
end

-- A first step that waits for an agent who takes no work is left out of the plan.
local function leave_out_absent(c, v)
  while true do
    local only = string.match(H.plan(v.plan).steps[1].need, '|(.*)$')
    local a = H.load_agent(c, only)
    if only == '' or (a and a.presence == 'ready') then
      return
    end
    local later = H.later_plan(v.plan)
    if later == v.plan then
      return
    end
    H.save(v, 'plan', later)
  end
end

-- Enters the queue by the plan it carries, from its first step.
function H.enter(c, v, reason, excluded)
  leave_out_absent(c, v)
  v.lane = H.lane_text(v.kind, H.plan(v.plan).steps[1].need, excluded or '')
  H.save(v, 'entered', c.now, 'step', 2)
  H.requeue(c, v, reason)
end

-- Takes over an entry: where and how the conversation waits from now on. It stands in no lane until
-- it enters. Its kind is its door's, or that of a callback, and stays.
function H.apply_entry(v, e)
  if v.door == '' then
    v.door, v.kind = e.kind, e.kind
  end
  H.save(v, 'queue', e.queue, 'arrived', e.arrived, 'due', e.due, 'plan', e.plan,
    'policy', e.policy, 'lane', '')
end

-- Reads the eight arguments of an entry.
function H.entry(args, from)
  return {
    queue = args[from], kind = args[from + 1], arrived = tonumber(args[from + 2]),
    due = tonumber(args[from + 3]), not_before = tonumber(args[from + 4]), plan = args[from + 5],
    policy = args[from + 6], waiting_max = tonumber(args[from + 7]),
  }
end

-- Waits for opening hours, or until somebody wants to be rung, or enters at once.
function H.schedule_or_enter(c, v, e, reason, excluded)
  redis.call('SADD', c.t .. 'queues', v.queue)
  local at = math.max(e.not_before or 0, H.wanted_from(c, v))
  if at <= c.now then
    return H.enter(c, v, reason, excluded)
  end
  H.schedule(c, v, at)
end

-- Waits for a time: opening hours, or when somebody wants to be rung.
function H.schedule(c, v, at)
  H.save(v, 'state', 'scheduled', 'agent', '', 'token', '', 'until', at, 'units', 0)
  H.placed_timer(c, 's', v, at)
  H.event(c, 'conversation_scheduled', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","queue":"' .. v.queue .. '","until":' .. H.int(at))
end

-- Gives the conversation to an agent who holds its units already. Being given work ends idleness, so
-- that one agent is not filled before the next has any; the caller saves the agent.
function H.assign(c, v, a, how)
  a.idle_since = c.now
  H.save(v, 'state', 'active', 'agent', a.id, 'token', '', 'until', '', 'units', v.units, 'last', a.id,
    'accepted', c.now)
  H.event(c, 'conversation_assigned', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","agent":"' .. a.id .. '","how":"' .. how .. '","waited_ms":' .. H.int(c.now - v.arrived))
  H.notice(c, v, '"code":"joined","agent":"' .. a.id .. '"')
  H.call_on_assign(c, v)
end

-- Holds the conversation out to an agent, or gives it at once where the queue says so. The caller
-- saves the agent.
function H.offer(c, v, a, why)
  local policy = H.policy(v.policy)
  v.units = H.hold(c, a, v)
  a.turn_at = c.now
  H.save(v, 'why', why)
  if policy.auto then
    return H.assign(c, v, a, 'auto')
  end
  a.offer = v.id
  local token, deadline = 'ofr_' .. H.int(v.offers + 1), c.now + policy.offer_ms
  H.save(v, 'state', 'offered', 'agent', a.id, 'token', token, 'until', deadline, 'units', v.units,
    'offers', v.offers + 1)
  H.timer(c, 'o', v.id, deadline)
  H.event(c, 'offer_made', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":"'
    .. a.id .. '","token":"' .. token .. '","deadline":' .. H.int(deadline) .. ',"why":' .. why)
end

-- Takes an offer back from its agent; the conversation stands in no index after it.
function H.unoffer(c, v, a)
  H.cancel(c, 'o', v.id)
  H.let_go(c, a, v)
  a.offer = ''
end

-- Takes an active conversation from its agent, who becomes a little more idle.
function H.release(c, v, a, reason)
  H.let_go(c, a, v)
  a.idle_since = c.now
  H.event(c, 'conversation_released', '"conversation":"' .. v.id .. '","agent":"' .. a.id
    .. '","reason":"' .. reason .. '"')
  H.call_on_release(c, v)
end

-- Says in the log that it went back to the queue.
function H.requeued_notice(c, v, reason)
  H.notice(c, v, '"code":"requeued","reason":"' .. reason .. '","queue":"' .. v.queue .. '"')
end

-- Over for good: to be archived.
function H.finish(c, v)
  if v.kind ~= v.door then
    H.settle_kind(c, v)
  end
  H.save(v, 'state', 'closed', 'token', '', 'until', '', 'units', 0)
  redis.call('ZADD', c.t .. 'closed', H.int(tonumber(v.closed) or c.now), v.id)
end

-- Remembers how long conversations of a queue are held, as a moving mean.
function H.learn_handling(c, v)
  local took = c.now - (tonumber(v.accepted) or c.now)
  local mean = tonumber(redis.call('HGET', c.t .. 'handling', v.queue) or took)
  redis.call('HSET', c.t .. 'handling', v.queue, H.int(math.floor(mean * 0.9 + took * 0.1 + 0.5)))
end

-- What an agent holds or is offered, in order of due time.
local function held_by(c, a)
  local held = {}
  for n, id in ipairs(redis.call('SMEMBERS', c.t .. 'held:' .. a.id)) do
    held[n] = H.load(c, id)
  end
  table.sort(held, function(one, other)
    if one.due ~= other.due then
      return one.due < other.due
    end
    return one.id < other.id
  end)
  return held
end

-- Every conversation that an agent holds or is offered goes back to the queue with its old place,
-- those first that are due first. Mail can wait for its agent, and two people who speak by telephone
-- need no page that is open: both are kept unless `all`. The agent's capacity bounds how much that is.
function H.abandon(c, a, reason, all)
  for _, v in ipairs(held_by(c, a)) do
    if v.state == 'offered' then
      H.unoffer(c, v, a)
      H.save_agent(c, a)
      H.event(c, 'offer_withdrawn', '"conversation":"' .. v.id .. '","agent":"' .. a.id .. '"')
      H.requeue(c, v, 'withdrawn')
    elseif v.state == 'active' and (all or not (v.kind == 'e' or H.is_live(H.callback(c, v)))) then
      H.release(c, v, a, reason)
      H.save_agent(c, a)
      v.agent = ''
      H.requeued_notice(c, v, reason)
      H.enter(c, v, reason)
    elseif v.state == 'wrap_up' then
      H.end_wrap_up(c, v, a)
      H.save_agent(c, a)
    end
  end
end

-- The wrap-up is over: the units are free.
function H.end_wrap_up(c, v, a)
  H.cancel(c, 'u', v.id)
  if a then
    H.let_go(c, a, v)
    a.idle_since = c.now
  end
  H.event(c, 'wrap_up_ended', '"conversation":"' .. v.id .. '","agent":"' .. v.agent .. '"')
  H.finish(c, v)
end

-- A conversation that rested waits from now on, with as much time as its entry had.
function H.wake(c, v)
  H.cancel_placed(c, 'z', v)
  redis.call('SREM', c.t .. 'resting:' .. v.last, v.id)
  H.save(v, 'due', c.now + v.due - v.arrived, 'arrived', c.now)
  redis.call('SADD', c.t .. 'queues', v.queue)
  H.requeued_notice(c, v, 'woken')
  H.enter(c, v, 'woken')
end

-- Takes back the offer that an agent has, if any.
function H.withdraw(c, a)
  if a.offer == '' then
    return
  end
  local v = H.load(c, a.offer)
  H.unoffer(c, v, a)
  H.event(c, 'offer_withdrawn', '"conversation":"' .. v.id .. '","agent":"' .. a.id .. '"')
  H.requeue(c, v, 'withdrawn')
  H.save_agent(c, a)
end

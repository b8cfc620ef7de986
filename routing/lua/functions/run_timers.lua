-- run_timers: everything that is due, earliest first, at most 64, and fewer when they say very much.
--
-- ARGV  2 at most so many
-- Reply {ran, count, next due or '', (failed timer, why)…}
-- Keeps each effect exactly once (I11): a timer is removed in the call that carries it out. One that
--       fails is put aside among `timers_failed`, and the others run.
-- Calls Router::run_timers

local RUN = {}

-- w: the next step of a waiting conversation's plan.
function RUN.w(c, id)
  local v = H.load(c, id)
  local step = H.next_step(c, v)
  if step.action == 'L' then
    H.unwait(c, v)
    H.save(v, 'step', v.step + 1, 'lane', H.lane_text(v.kind, step.need, H.lane(v.lane).excluded))
    if H.everyone_was_asked(c, v) then
      H.ask_again(v)
    end
    H.event(c, 'need_relaxed', '"conversation":"' .. id .. '","lane":"' .. v.lane .. '"')
    if not H.match_conversation(c, v, 'need_relaxed') then
      H.wait(c, v)
    end
    return
  end
  local said = { D = 'conversation_overdue', O = 'conversation_overflowed', R = 'conversation_reminded' }
  H.event(c, said[step.action], '"conversation":"' .. id .. '","queue":"' .. v.queue .. '"')
  if step.action ~= 'R' then
    H.save(v, 'step', v.step + 1)
  end
  local reminded = step.action == 'R' and H.lane(v.lane).excluded ~= ''
  if not reminded and not H.everyone_was_asked(c, v) then
    return H.plan_timer(c, v)
  end
  H.unwait(c, v)
  H.ask_again(v)
  if not H.match_conversation(c, v, 'asked_again') then
    H.wait(c, v)
  end
end

-- o: an offer was not answered in time.
function RUN.o(c, id)
  local v = H.load(c, id)
  local a = H.load_agent(c, v.agent)
  H.unoffer(c, v, a)
  a.misses = a.misses + 1
  H.event(c, 'offer_expired', '"conversation":"' .. id .. '","agent":"' .. a.id .. '"')
  if a.misses >= H.policy(v.policy).misses_max then
    H.present(c, a, 'not_answering', 'missed_offers')
  end
  H.exclude(v, a.id)
  H.requeue(c, v, 'expired')
  H.match_agent(c, a, 'expired')
end

-- u: the wrap-up time is over.
function RUN.u(c, id)
  local v = H.load(c, id)
  local a = H.load_agent(c, v.agent)
  H.end_wrap_up(c, v, a)
  if a then
    H.match_agent(c, a, 'released')
  end
end

-- z: a rest is over.
function RUN.z(c, id)
  H.wake(c, H.load(c, id))
end

-- s: the desk opens.
function RUN.s(c, id)
  H.enter(c, H.load(c, id), 'opening')
end

-- h: an agent's sockets are silent. The conversations go back to their old places.
function RUN.h(c, id)
  local a = H.load_agent(c, id)
  H.present(c, a, 'offline', 'heartbeat_lost')
  H.save_agent(c, a)
  H.abandon(c, a, 'agent_lost', false)
end

-- c: the time of a callback is near.
function RUN.c(c, id)
  local v = H.load(c, id)
  local cb = v and H.callback(c, v)
  if H.is_wanted(cb) then
    H.call_save(c, v, cb, 'remind', '')
    H.notice(c, v, '"code":"callback_reminder","at":' .. cb.from)
  end
end

-- m: an agent could take more than one call gives.
function RUN.m(c, id)
  local a = H.load_agent(c, id)
  if a then
    H.match_agent(c, a, 'ready')
  end
end

-- Runs one timer by its name, `kind:id` or `kind:place:id`.
local function run(c, timer)
  RUN[string.sub(timer, 1, 1)](c, string.match(timer, '[^:]*$'))
end

H.register('run_timers', function(c, args)
  local timers, most = c.t .. 'timers', math.min(tonumber(args[2]), H.TIMERS_MAX)
  local ran, failed = 0, {}
  while ran < most and #c.events < 2 * H.BATCH_EVENTS_MAX do
    local due = redis.call('ZRANGEBYSCORE', timers, '-inf', H.int(c.now), 'LIMIT', 0, 1)[1]
    if not due then
      break
    end
    redis.call('ZREM', timers, due)
    local done, why = H.try(run, c, due)
    if not done then
      redis.call('ZADD', c.t .. 'timers_failed', H.int(c.now), due)
      failed[#failed + 1], failed[#failed + 2] = due, why
    end
    ran = ran + 1
  end
  local next = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')
  return { 'ran', H.int(ran), next[2] or '', unpack(failed) }
end)

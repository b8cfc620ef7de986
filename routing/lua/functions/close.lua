-- close: the conversation is over for the contact. The agent who held it gets wrap-up time, where
-- the queue has some; everyone else's indexes let go of it.
--
-- ARGV  2 conversation · 3 `agent`, `contact` or `system` · 4 who, '' for system · 5 info or ''
-- Reply {unknown} · {not_assigned} · {already} · {wrap_up} · {closed}
-- Calls Router::close

local function detach(c, v)
  if v.state == 'queued' then
    H.unwait(c, v)
  elseif v.state == 'scheduled' then
    H.cancel_placed(c, 's', v)
  elseif v.state == 'snoozed' then
    H.cancel_placed(c, 'z', v)
    redis.call('SREM', c.t .. 'resting:' .. v.last, v.id)
  end
end

local function allowed(v, by, who)
  return by == 'system' or (by == 'contact' and v.contact == who)
    or (by == 'agent' and v.agent == who and v.state == 'active')
    or (by == 'agent' and v.last == who and v.state == 'snoozed')
end

H.register('close', function(c, args)
  local v, by = H.load(c, args[2]), args[3]
  if not v then
    return { 'unknown' }
  end
  if v.state == 'wrap_up' or v.state == 'closed' then
    return { 'already' }
  end
  if not allowed(v, by, args[4]) then
    return { 'not_assigned' }
  end
  local a, from = H.load_agent(c, v.agent), v.state
  local wrap_ms = H.policy(v.policy).wrap_ms
  local wrap = from == 'active' and wrap_ms > 0 and a ~= nil
  detach(c, v)
  if args[5] ~= '' then
    H.save(v, 'info', args[5])
  end
  local cb = H.callback(c, v)
  if H.is_wanted(cb) then
    H.end_callback(c, v, cb, 'cancelled')
  end
  H.save(v, 'closed', c.now)
  H.notice(c, v, '"code":"closed","by":"' .. by .. '"')
  H.event(c, 'conversation_closed', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","agent":' .. H.json_id(from == 'active' and v.agent or '') .. ',"by":"' .. by .. '","from":"'
    .. from .. '","wrap_up":' .. tostring(wrap))
  if wrap then
    H.learn_handling(c, v)
    H.save(v, 'state', 'wrap_up', 'until', c.now + wrap_ms)
    H.timer(c, 'u', v.id, c.now + wrap_ms)
    return { 'wrap_up' }
  end
  if from == 'offered' then
    H.unoffer(c, v, a)
    H.event(c, 'offer_withdrawn', '"conversation":"' .. v.id .. '","agent":"' .. a.id .. '"')
    H.save(v, 'agent', '')
  elseif from == 'active' then
    H.learn_handling(c, v)
    H.let_go(c, a, v)
    a.idle_since = c.now
  end
  H.finish(c, v)
  if a and (from == 'offered' or from == 'active') then
    H.match_agent(c, a, 'released')
  end
  return { 'closed' }
end)

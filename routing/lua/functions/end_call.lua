-- end_call: a call is over, and what follows from it by the policy.
--
-- ARGV  2 conversation · 3 call · 4 line · 5 the owner's epoch, or '' · 6 outcome · 7 whose telephone ended it, or
--       '' · 8 the network's words · 9 `1` when the contact's telephone was tried · 10 `stay` (its agent decides),
--       `rest` (it is tried again later) or `over` (nobody is rung any more) · 11 when it is tried again, or ''
-- Reply {not_ours} · {ended, state}
-- Keeps fencing (I14); who is not there any more does not keep a conversation whose call failed.
-- Calls Router::end_call

-- Tried again later: its agent is free meanwhile.
local function rest(c, v, a, at)
  H.release(c, v, a, 'callback')
  H.save(v, 'state', 'snoozed', 'agent', '', 'until', at, 'units', 0)
  redis.call('SADD', c.t .. 'resting:' .. v.last, v.id)
  H.placed_timer(c, 'z', v, at)
  H.event(c, 'conversation_snoozed', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","until":'
    .. H.int(at))
  H.match_agent(c, a, 'released')
end

-- Its agent went away during the call: somebody else takes it.
local function give_back(c, v, a)
  H.release(c, v, a, 'agent_lost')
  H.save_agent(c, a)
  v.agent = ''
  H.requeued_notice(c, v, 'agent_lost')
  H.enter(c, v, 'agent_lost')
end

H.register('end_call', function(c, args)
  local v, cb = H.call_told_of(c, args[2], args[3], args[4], args[5])
  if not cb then
    return { 'not_ours' }
  end
  local outcome, follows, at = args[6], args[10], args[11]
  local tries = tonumber(cb.tries) + (args[9] == '1' and 1 or 0)
  local seconds = cb.connected ~= '' and math.floor((c.now - tonumber(cb.connected)) / 1000) or 0
  H.call_ended(c, v, cb, outcome, tries)
  if H.is_wanted(cb) and follows == 'over' then
    H.end_callback(c, v, cb, outcome)
  elseif H.is_wanted(cb) and follows == 'rest' then
    H.call_change(c, v, cb, 'next', at)
  end
  H.notice(c, v, '"code":"call_ended","call":"' .. cb.call .. '","outcome":"' .. outcome .. '","by":'
    .. (args[7] == '' and 'null' or '"' .. args[7] .. '"') .. ',"cause":' .. args[8] .. ',"seconds":' .. H.int(seconds)
    .. ',"attempt":' .. H.int(tries) .. ',"next_at":' .. H.json_number(cb.next) .. ',"recording":'
    .. H.json_number(cb.recording) .. ',"connected_at":' .. H.json_number(cb.connected) .. ',"agent_rung_at":'
    .. H.json_number(cb.rung) .. ',"agent_rang_ms":' .. H.json_number(cb.rang))
  local a = v.state == 'active' and H.load_agent(c, v.agent)
  if a and follows == 'rest' and H.is_wanted(cb) then
    rest(c, v, a, tonumber(at))
  elseif a and a.presence == 'offline' then
    give_back(c, v, a)
  end
  return { 'ended', v.state }
end)

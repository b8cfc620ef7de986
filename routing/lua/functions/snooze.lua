-- snooze: an active conversation rests until a time or the contact's next word. It holds no units
-- meanwhile; when it wakes it waits by the entry given here, with as much time as that has.
--
-- ARGV  2 conversation · 3 agent · 4 until · 5–12 entry
-- Reply {unknown} · {not_assigned} · {moved, state}
-- Calls Router::snooze

H.register('snooze', function(c, args)
  local v, untl = H.load(c, args[2]), tonumber(args[4])
  if not v or v.state == 'closed' then
    return { 'unknown' }
  end
  if v.state ~= 'active' or v.agent ~= args[3] then
    return { 'not_assigned' }
  end
  local a = H.load_agent(c, v.agent)
  H.release(c, v, a, 'snoozed')
  H.apply_entry(v, H.entry(args, 5))
  H.save(v, 'state', 'snoozed', 'agent', '', 'until', untl, 'units', 0)
  redis.call('SADD', c.t .. 'resting:' .. a.id, v.id)
  H.placed_timer(c, 'z', v, untl)
  H.event(c, 'conversation_snoozed', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","until":' .. H.int(untl))
  H.match_agent(c, a, 'released')
  return { 'moved', v.state }
end)

-- decline_offer: the agent says no. The conversation goes back to its old place and this agent is
-- asked again for it only after everyone else.
--
-- ARGV  2 conversation · 3 agent · 4 offer token · 5 reason, as a JSON string
-- Reply {requeued} · {stale}
-- Calls Router::decline_offer

H.register('decline_offer', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.state ~= 'offered' or v.agent ~= args[3] or v.token ~= args[4] then
    return { 'stale' }
  end
  local a = H.load_agent(c, args[3])
  H.unoffer(c, v, a)
  a.misses = 0
  H.event(c, 'offer_declined', '"conversation":"' .. v.id .. '","agent":"' .. a.id .. '","reason":' .. args[5])
  H.exclude(v, a.id)
  H.requeue(c, v, 'declined')
  H.match_agent(c, a, 'declined')
  return { 'requeued' }
end)

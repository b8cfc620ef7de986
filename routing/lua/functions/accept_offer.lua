-- accept_offer: the agent takes what is held out.
--
-- ARGV  2 conversation · 3 agent · 4 offer token
-- Reply {assigned} · {stale}
-- Keeps at most one live offer per conversation; a late or second accept changes nothing (I7).
--       Repeating a successful accept says `assigned` again, since its first answer may be lost.
-- Calls Router::accept_offer

H.register('accept_offer', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'stale' }
  end
  if v.state == 'active' and v.agent == args[3] and args[4] == 'ofr_' .. H.int(v.offers) then
    return { 'assigned' }
  end
  if v.state ~= 'offered' or v.agent ~= args[3] or v.token ~= args[4] then
    return { 'stale' }
  end
  local a = H.load_agent(c, args[3])
  H.cancel(c, 'o', v.id)
  a.offer, a.misses = '', 0
  H.assign(c, v, a, 'accepted')
  H.match_agent(c, a, 'accepted')
  return { 'assigned' }
end)

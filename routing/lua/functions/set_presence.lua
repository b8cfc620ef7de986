-- set_presence: an agent takes work, or not. Going away gives back an offer; going offline gives
-- back everything but mail, each to its old place.
--
-- ARGV  2 agent · 3 `ready`, `away` or `offline` · 4 reason · 5 lease, ms: without a heartbeat for so
--       long a signed-in agent counts as lost
-- Reply {unknown} · {unchanged} · {set}
-- Calls Router::set_presence

H.register('set_presence', function(c, args)
  local a, presence = H.load_agent(c, args[2]), args[3]
  if not a then
    return { 'unknown' }
  end
  if presence == 'offline' then
    H.cancel(c, 'h', a.id)
  else
    H.timer(c, 'h', a.id, c.now + tonumber(args[5]))
  end
  if a.presence == presence then
    return { 'unchanged' }
  end
  H.present(c, a, presence, args[4])
  H.save_agent(c, a)
  if presence == 'ready' then
    H.ask_anew(c, a)
    H.match_agent(c, a, 'ready')
  elseif presence == 'offline' then
    H.abandon(c, a, 'signed_out', false)
  else
    H.withdraw(c, a)
  end
  return { 'set' }
end)

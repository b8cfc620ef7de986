-- heartbeat: the sockets of these agents are alive. One call for all of a gateway's agents, at most
-- 256 of them.
--
-- ARGV  2 lease, ms · 3… agents
-- Reply {lost, agents…}: those who count as offline and must say `ready` again
-- Calls Router::heartbeat

H.register('heartbeat', function(c, args)
  local lost, until_ms = { 'lost' }, c.now + tonumber(args[2])
  for n = 3, #args do
    local a = H.load_agent(c, args[n])
    if not a or a.presence == 'offline' then
      lost[#lost + 1] = args[n]
    else
      H.timer(c, 'h', args[n], until_ms)
    end
  end
  return lost
end)

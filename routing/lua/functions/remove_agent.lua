-- remove_agent: the agent leaves the desk; everything held goes back to the queue, mail too.
--
-- ARGV  2 agent
-- Reply {unknown} · {removed}
-- Calls Router::remove_agent

H.register('remove_agent', function(c, args)
  local a = H.load_agent(c, args[2])
  if not a then
    return { 'unknown' }
  end
  H.cancel(c, 'h', a.id)
  H.cancel(c, 'm', a.id)
  H.present(c, a, 'offline', 'removed')
  H.save_agent(c, a)
  H.abandon(c, a, 'agent_removed', true)
  H.event(c, 'agent_changed', '"agent":"' .. a.id .. '"')
  redis.call('DEL', c.t .. 'agent:' .. a.id)
  redis.call('SREM', c.t .. 'agents', a.id)
  c.agents[a.id] = nil
  return { 'removed' }
end)

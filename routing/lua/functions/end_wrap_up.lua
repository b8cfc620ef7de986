-- end_wrap_up: the agent has finished notes before the time was over.
--
-- ARGV  2 conversation · 3 agent
-- Reply {unknown} · {not_assigned} · {already} · {closed}
-- Calls Router::end_wrap_up

H.register('end_wrap_up', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  if v.state == 'closed' then
    return { 'already' }
  end
  if v.state ~= 'wrap_up' or v.agent ~= args[3] then
    return { 'not_assigned' }
  end
  local a = H.load_agent(c, v.agent)
  H.end_wrap_up(c, v, a)
  if a then
    H.match_agent(c, a, 'released')
  end
  return { 'closed' }
end)

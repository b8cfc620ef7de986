-- set_agent: an agent's skills and capacity, new or changed. What is held stays held; a capacity
-- that became smaller fills again only when enough is given back.
--
-- ARGV  2 agent · 3 profile (`tax:4,zh:3`) · 4 capacity (`100;w30/3;…`) · 5 '1' when turns are kept
-- Reply {set}
-- Calls Router::set_agent

H.register('set_agent', function(c, args)
  local a = H.load_agent(c, args[2])
  redis.call('HSET', c.t .. 'profiles', H.profile_id(args[3]), args[3])
  redis.call('SADD', c.t .. 'agents', args[2])
  if not a then
    a = H.new_agent(c, args[2])
    a.profile, a.capacity, a.turns = args[3], args[4], args[5]
    H.event(c, 'agent_changed', '"agent":"' .. a.id .. '"')
    return { 'set' }
  end
  if a.profile == args[3] and a.capacity == args[4] and a.turns == args[5] then
    return { 'set' }
  end
  if a.presence == 'ready' then
    H.count_online(c, a, -1)
  end
  if a.group ~= '' then
    redis.call('ZREM', c.t .. 'turn:' .. a.group, a.id)
    a.indexed_turn = nil -- it must be written again, also into the same group
  end
  a.profile, a.capacity, a.turns = args[3], args[4], args[5]
  if a.presence == 'ready' then
    H.count_online(c, a, 1)
  end
  H.event(c, 'agent_changed', '"agent":"' .. a.id .. '"')
  H.match_agent(c, a, 'skills_changed')
  return { 'set' }
end)

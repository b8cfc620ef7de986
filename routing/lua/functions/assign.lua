-- assign: a supervisor gives a conversation to an agent by hand, within the agent's capacity.
--
-- ARGV  2 conversation · 3 agent
-- Reply {unknown} · {not_assignable} · {agent_unavailable} · {over_capacity} · {assigned}
-- Keeps capacity (I8); a person chose, so skills and readiness are not asked.
-- Calls Router::assign

-- Takes the conversation out of wherever it stands; returns the agent who held it, if one did.
local function detach(c, v)
  local old = H.load_agent(c, v.agent)
  if v.state == 'queued' then
    H.unwait(c, v)
  elseif v.state == 'scheduled' then
    H.cancel_placed(c, 's', v)
  elseif v.state == 'snoozed' then
    H.cancel_placed(c, 'z', v)
    redis.call('SREM', c.t .. 'resting:' .. v.last, v.id)
  elseif v.state == 'offered' then
    H.unoffer(c, v, old)
    H.event(c, 'offer_withdrawn', '"conversation":"' .. v.id .. '","agent":"' .. old.id .. '"')
    return old
  else
    H.release(c, v, old, 'taken_over')
    return old
  end
end

-- Would it fit, were it taken from the offer that this agent may have of it?
local function fits(c, v, a)
  if v.state == 'offered' and v.agent == a.id then
    return true
  end
  return H.fits(a, H.next_kind(c, v))
end

H.register('assign', function(c, args)
  local v, a = H.load(c, args[2]), H.load_agent(c, args[3])
  if not v then
    return { 'unknown' }
  end
  if v.state == 'active' and v.agent == args[3] then
    return { 'assigned' }
  end
  if v.state == 'closed' or v.state == 'wrap_up' then
    return { 'not_assignable' }
  end
  if not a or a.presence == 'offline' then
    return { 'agent_unavailable' }
  end
  if not fits(c, v, a) then
    return { 'over_capacity' }
  end
  local old = detach(c, v)
  v.units = H.hold(c, a, v)
  H.assign(c, v, a, 'manual')
  if old and old.id ~= a.id then
    H.match_agent(c, old, 'released')
  end
  H.match_agent(c, a, 'released')
  return { 'assigned' }
end)

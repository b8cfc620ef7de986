-- estimate: how many are before a waiting conversation, and who could take it. Reads only.
--
-- ARGV  2 conversation
-- Reply {unknown} (it does not wait) · {estimate, before at least, at most, agents, slots, handling ms}
-- At least: those before it in its own lane. At most: also those before it in every lane that
-- competes for one of the agents who could take it. At most 256 lanes and profiles are looked at.
-- Calls Router::estimate

local function competes(profiles, lane, only)
  if only ~= '' and H.listed(H.lane(lane).excluded, only) then
    return false
  end
  for _, profile in ipairs(profiles) do
    if H.skills_met(profile, lane) then
      return true
    end
  end
  return false
end

H.register('estimate', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.state ~= 'queued' then
    return { 'unknown' }
  end
  local own = redis.call('ZRANK', c.t .. 'lane:' .. v.lane, v.id) or 0
  local profiles, agents, slots = H.at_work(c, v)
  local before, only, heads = own, H.lane(v.lane).only, { c.t .. 'heads' }
  if only ~= '' then
    heads[2] = H.heads_key(c, v.lane)
  end
  for _, key in ipairs(heads) do
    for _, lane in ipairs(redis.call('ZRANGE', key, 0, H.LOOKED_AT_MAX - 1)) do
      if lane ~= v.lane and competes(profiles, lane, only) then
        before = before + redis.call('ZCOUNT', c.t .. 'lane:' .. lane, '-inf', '(' .. H.int(v.due))
      end
    end
  end
  local handling = redis.call('HGET', c.t .. 'handling', v.queue) or '0'
  return { 'estimate', H.int(own), H.int(before), H.int(agents), H.int(slots), handling }
end, { 'no-writes' })

-- estimate: how many are before a waiting conversation, and who could take it. Reads only.
--
-- ARGV  2 conversation
-- Reply {unknown} (it does not wait) · {estimate, before at least, at most, agents, slots, handling ms}
-- At least: those before it in its own lane. At most: also those before it in every lane that
-- competes for one of the agents who could take it. At most 256 lanes and profiles are looked at.
-- Calls Router::estimate

local LOOKED_AT_MAX = 256

-- Profiles at work that could take the lane, and how much they can hold.
local function able(c, v)
  local profiles, agents, slots = {}, 0, 0
  local online = redis.call('HGETALL', c.t .. 'online')
  for n = 1, math.min(#online, 2 * LOOKED_AT_MAX), 2 do
    local id, capacity = string.match(online[n], '^(%x+);(.*)$')
    local profile, of = H.profile_text(c, id), H.capacity(capacity)
    local room = of[v.kind] and math.min(math.floor(of.units / of[v.kind].cost), of[v.kind].limit) or 0
    if room > 0 and H.skills_met(profile, v.lane) then
      profiles[#profiles + 1] = profile
      agents = agents + tonumber(online[n + 1])
      slots = slots + room * tonumber(online[n + 1])
    end
  end
  return profiles, agents, slots
end

local function competes(profiles, lane)
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
  local profiles, agents, slots = able(c, v)
  local before = own
  for _, lane in ipairs(redis.call('ZRANGE', c.t .. 'heads', 0, LOOKED_AT_MAX - 1)) do
    if lane ~= v.lane and competes(profiles, lane) then
      before = before + redis.call('ZCOUNT', c.t .. 'lane:' .. lane, '-inf', '(' .. H.int(v.due))
    end
  end
  local handling = redis.call('HGET', c.t .. 'handling', v.queue) or '0'
  return { 'estimate', H.int(own), H.int(before), H.int(agents), H.int(slots), handling }
end, { 'no-writes' })

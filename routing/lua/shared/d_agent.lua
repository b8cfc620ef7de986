-- Agents: reading and writing the hash, and the indexes of those who can take work.
--
-- A ready agent with room stands in the group `profile id|mask|used`. Everyone in a group is alike
-- to the matcher, so it looks at groups and takes the first of one. Groups are scored in `ready` by
-- whoever of them is idle longest.

-- Packed like a conversation: `able` is what the agent can do, `load` what the agent does just now.
local L = '([^\n]*)\n'
local ABLE = '^' .. L .. L .. '([^\n]*)$'
local LOAD = '^' .. L .. L .. L .. L .. L .. L .. L .. L .. '([^\n]*)$'

-- The agent, or nil; like a conversation, known once in a call.
function H.load_agent(c, id)
  if id == '' or c.agents[id] then
    return c.agents[id]
  end
  local packed = redis.call('HMGET', c.t .. 'agent:' .. id, 'able', 'load')
  if not packed[2] then
    return nil
  end
  local profile, capacity, turns = string.match(packed[1], ABLE)
  local presence, used, counts, group, idle_since, turn_at, offer, misses, since = string.match(packed[2], LOAD)
  idle_since, turn_at = tonumber(idle_since), tonumber(turn_at)
  local a = {
    id = id, able = packed[1], load = packed[2], profile = profile, capacity = capacity, turns = turns,
    presence = presence, used = tonumber(used), counts = counts, group = group, idle_since = idle_since,
    turn_at = turn_at, offer = offer, misses = tonumber(misses), since = tonumber(since),
    indexed_idle = idle_since, indexed_turn = turn_at,
  }
  c.agents[id] = a
  return a
end

-- An agent who was not known yet: at home.
function H.new_agent(c, id)
  local a = {
    id = id, able = '', load = '', profile = '', capacity = '', turns = '', presence = 'offline', used = 0,
    counts = '', group = '', idle_since = 0, turn_at = 0, offer = '', misses = 0, since = c.now,
    indexed_idle = 0, indexed_turn = 0,
  }
  c.agents[id] = a
  return a
end

-- Writes what this call changed of an agent.
function H.flush_agent(c, a)
  local able = a.profile .. '\n' .. a.capacity .. '\n' .. a.turns
  local load = string.format('%s\n%d\n%s\n%s\n%d\n%d\n%s\n%d\n%d', a.presence, a.used, a.counts,
    a.group, a.idle_since, a.turn_at, a.offer, a.misses, a.since)
  local key = c.t .. 'agent:' .. a.id
  if able ~= a.able then
    redis.call('HSET', key, 'able', able, 'load', load)
  elseif load ~= a.load then
    redis.call('HSET', key, 'load', load)
  end
end

-- The short name of a profile text; the text can be found again under it.
H.profile_id = H.memo(function(text)
  return string.sub(redis.sha1hex(text), 1, 16)
end)

local profile_texts = {}
local profile_count = 0
function H.profile_text(c, id)
  local text = profile_texts[id]
  if text == nil then
    text = redis.call('HGET', c.t .. 'profiles', id) or ''
    if text ~= '' or id == H.profile_id('') then
      if profile_count >= H.MEMO_MAX then
        profile_texts, profile_count = {}, 0
      end
      profile_texts[id] = text
      profile_count = profile_count + 1
    end
  end
  return text
end

-- `profile id|mask|used` → its parts.
H.group = H.memo(function(text)
  local profile, mask, used = string.match(text, '^(%x+)|(%l*)|(%d+)$')
  return { profile = profile, mask = mask, used = tonumber(used) }
end)

-- The group that an agent belongs in just now, or '' for none.
function H.group_of(a)
  if a.presence ~= 'ready' or a.offer ~= '' then
    return ''
  end
  local mask = H.mask(a.capacity, a.used, a.counts)
  if mask == '' then
    return ''
  end
  return H.profile_id(a.profile) .. '|' .. mask .. '|' .. H.int(a.used)
end

-- Brings `ready` in step with the head of a group.
local function ready(c, group)
  local first = redis.call('ZRANGE', c.t .. 'idle:' .. group, 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', c.t .. 'ready', first[2], group)
  else
    redis.call('ZREM', c.t .. 'ready', group)
  end
end

-- Moves an agent between groups at once, since the matcher reads them; its hash is written at the
-- end of the call.
function H.save_agent(c, a)
  local old = a.group
  a.group = H.group_of(a)
  if old == a.group and a.idle_since == a.indexed_idle and a.turn_at == a.indexed_turn then
    return
  end
  a.indexed_idle, a.indexed_turn = a.idle_since, a.turn_at
  if old ~= '' and old ~= a.group then
    redis.call('ZREM', c.t .. 'idle:' .. old, a.id)
    if a.turns == '1' then
      redis.call('ZREM', c.t .. 'turn:' .. old, a.id)
    end
    ready(c, old)
  end
  if a.group ~= '' then
    redis.call('ZADD', c.t .. 'idle:' .. a.group, H.int(a.idle_since), a.id)
    if a.turns == '1' then
      redis.call('ZADD', c.t .. 'turn:' .. a.group, H.int(a.turn_at), a.id)
    end
    ready(c, a.group)
  end
end

-- Counts who is at work, by `profile id;capacity`, for honest waits.
function H.count_online(c, a, delta)
  local field = H.profile_id(a.profile) .. ';' .. a.capacity
  if redis.call('HINCRBY', c.t .. 'online', field, delta) <= 0 then
    redis.call('HDEL', c.t .. 'online', field)
  end
end

-- Changes presence and says so. Only `ready` agents count as at work.
function H.present(c, a, presence, reason)
  if a.presence == presence then
    return
  end
  if a.presence == 'ready' then
    H.count_online(c, a, -1)
  elseif presence == 'ready' then
    H.count_online(c, a, 1)
    a.idle_since = c.now
    a.misses = 0
  end
  a.presence, a.since = presence, c.now
  H.event(c, 'presence_changed', '"agent":"' .. a.id .. '","presence":"' .. presence
    .. '","reason":"' .. reason .. '"')
end

-- What one conversation of a kind costs this agent, and whether it fits.
function H.cost(a, kind)
  local of = H.capacity(a.capacity)[kind]
  return of and of.cost or 0
end

function H.fits(a, kind)
  return string.find(H.mask(a.capacity, a.used, a.counts), kind, 1, true) ~= nil
end

-- Takes units for a conversation; the agent is saved by the caller.
function H.hold(c, a, v)
  local cost = H.cost(a, v.kind)
  a.used = a.used + cost
  a.counts = H.count(a.counts, v.kind, 1)
  redis.call('SADD', c.t .. 'held:' .. a.id, v.id)
  return cost
end

-- Gives them back.
function H.let_go(c, a, v)
  a.used = a.used - v.units
  a.counts = H.count(a.counts, v.kind, -1)
  redis.call('SREM', c.t .. 'held:' .. a.id, v.id)
end

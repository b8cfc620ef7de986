-- Matching: which agent for a conversation, which conversation for an agent.
--
-- Both directions are tried on the very events that can make a match possible, so between calls no
-- conversation waits that a ready agent with room could serve. Ties are settled by text, so that
-- every gateway and the model in Rust choose alike: agents by (score, group, name), conversations by
-- (due, lane, id).

-- Is (s1, g1, a1) before the best found so far?
local function before(best, score, group, agent)
  if not best or score ~= best.score then
    return not best or score < best.score
  end
  if group ~= best.group then
    return group < best.group
  end
  return agent < best.agent
end

-- The first of a group who is not excluded: at most 17 are looked at.
local function first_of(c, index, group, excluded)
  local members = redis.call('ZRANGE', c.t .. index .. group, 0, excluded == '' and 0 or H.EXCLUDED_MAX, 'WITHSCORES')
  for n = 1, #members, 2 do
    if not H.listed(excluded, members[n]) then
      return members[n], tonumber(members[n + 1])
    end
  end
end

-- What the rule compares before idleness: smaller is better.
local function rank(rule, group, profile, lane_text)
  if rule == 'least_loaded' then
    return group.used
  elseif rule == 'best_skilled' then
    return -H.skill_sum(profile, lane_text)
  end
  return 0
end

-- The agent for a lane by a rule, with the decision record; nil when nobody can.
local function find_agent(c, lane_text, rule)
  local lane, best, best_rank = H.lane(lane_text), nil, nil
  local index = rule == 'round_robin' and 'turn:' or 'idle:'
  local seen, eligible, passed, offset = 0, 0, {}, 0
  while true do
    local groups = redis.call('ZRANGE', c.t .. 'ready', offset, offset + H.SCAN_CHUNK - 1, 'WITHSCORES')
    for n = 1, #groups, 2 do
      local text, head = groups[n], tonumber(groups[n + 1])
      if best and rule == 'longest_idle' and head > best.score then
        return best, seen, eligible, passed
      end
      seen = seen + 1
      local group = H.group(text)
      local profile = H.profile_text(c, group.profile)
      local why = not H.skills_met(profile, lane_text) and 'skills'
        or not string.find(group.mask, lane.kind, 1, true) and 'capacity'
      if not why then
        eligible = eligible + 1
        local agent, score = first_of(c, index, text, lane.excluded)
        if not agent and index == 'turn:' then
          agent, score = first_of(c, 'idle:', text, lane.excluded) -- turns are not kept for them yet
        end
        local r = rank(rule, group, profile, lane_text)
        if agent and (not best or r < best_rank or (r == best_rank and before(best, score, text, agent))) then
          best, best_rank = { agent = agent, score = score, group = text }, r
        end
      elseif #passed < 3 then
        local head_agent = redis.call('ZRANGE', c.t .. 'idle:' .. text, 0, 0)[1]
        passed[#passed + 1] = '{"agent":"' .. head_agent .. '","why":"' .. why .. '"}'
      end
    end
    if #groups < 2 * H.SCAN_CHUNK then
      return best, seen, eligible, passed
    end
    offset = offset + H.SCAN_CHUNK
  end
end

-- The decision record of an offer.
local function why_text(c, v, trigger, seen, eligible, passed)
  for name in string.gmatch(H.lane(v.lane).excluded, '[^,]+') do
    passed[#passed + 1] = '{"agent":"' .. name .. '","why":"declined"}'
  end
  return '{"trigger":"' .. trigger .. '","lane":"' .. v.lane .. '","rule":"' .. H.policy(v.policy).rule
    .. '","waited_ms":' .. H.int(c.now - v.arrived) .. ',"groups":' .. H.int(seen) .. ',"eligible":'
    .. H.int(eligible) .. ',"passed_over":[' .. table.concat(passed, ',') .. ']}'
end

-- Tries to find an agent for a conversation that stands in no index. True when it was placed.
function H.match_conversation(c, v, trigger)
  local only = H.lane(v.lane).only
  if only ~= '' then
    local a = H.load_agent(c, only)
    local able = a and a.group ~= '' and H.skills_met(a.profile, v.lane)
      and string.find(H.group(a.group).mask, v.kind, 1, true) and not H.listed(H.lane(v.lane).excluded, only)
    if able then
      H.offer(c, v, a, why_text(c, v, trigger, 1, 1, {}))
      H.save_agent(c, a)
    end
    return able and true or false
  end
  local best, seen, eligible, passed = find_agent(c, v.lane, H.policy(v.policy).rule)
  if not best then
    return false
  end
  local a = H.load_agent(c, best.agent)
  H.offer(c, v, a, why_text(c, v, trigger, seen, eligible, passed))
  H.save_agent(c, a)
  return true
end

-- The first lane in order of due time that an agent serves; `passed` collects what was passed over.
-- Scores are not asked for: writing one costs Redis as much as three names. Mostly one of the first
-- lanes will do, so the first look is short.
local function find_lane(c, heads, a, mask, passed)
  local from, to = 0, 3
  while true do
    local lanes = redis.call('ZRANGE', heads, H.int(from), H.int(to))
    for _, text in ipairs(lanes) do
      local lane = H.lane(text)
      local why = not string.find(mask, lane.kind, 1, true) and 'capacity'
        or H.listed(lane.excluded, a.id) and 'declined'
        or not H.skills_met(a.profile, text) and 'skills'
      if not why then
        return text
      elseif #passed < 3 then
        passed[#passed + 1] = '{"lane":"' .. text .. '","why":"' .. why .. '"}'
      end
    end
    if #lanes <= to - from then
      return nil
    end
    from, to = to + 1, to + H.SCAN_CHUNK
  end
end

-- Of a lane that waits for this agent alone and a general one, the one that is due first.
local function earlier(c, own_heads, own, general)
  local own_due = tonumber(redis.call('ZSCORE', own_heads, own))
  local general_due = tonumber(redis.call('ZSCORE', c.t .. 'heads', general))
  if general_due < own_due or (general_due == own_due and general < own) then
    return general
  end
  return own
end

-- The next conversation for an agent, taken out of the indexes of those who wait.
local function next_for(c, a, trigger)
  local group, passed = H.group_of(a), {}
  if group == '' then
    return nil
  end
  local mask = H.group(group).mask
  local own_heads = c.t .. 'heads:' .. a.id
  local own = find_lane(c, own_heads, a, mask, passed)
  local general = find_lane(c, c.t .. 'heads', a, mask, passed)
  local lane = own and general and earlier(c, own_heads, own, general) or own or general
  if not lane then
    return nil
  end
  local v = H.load(c, redis.call('ZRANGE', c.t .. 'lane:' .. lane, '0', '0')[1])
  H.unwait(c, v)
  return v, why_text(c, v, trigger, 1, 1, passed)
end

-- How many conversations of a kind an agent of this capacity can hold.
local function room(capacity_text, kind)
  local capacity = H.capacity(capacity_text)
  local of = capacity[kind]
  return of and math.min(math.floor(capacity.units / of.cost), of.limit) or 0
end

-- Who is at work and could take a waiting conversation, busy or not: their profiles, how many they
-- are, and how much they can hold together.
function H.at_work(c, v)
  local lane, count = H.lane(v.lane), {}
  local function fits(profile, capacity)
    return room(capacity, v.kind) > 0 and H.skills_met(profile, v.lane)
  end
  local function change(name, delta)
    local a = H.load_agent(c, name)
    if a and a.presence == 'ready' and fits(a.profile, a.capacity) then
      local field = H.profile_id(a.profile) .. ';' .. a.capacity
      count[field] = (count[field] or 0) + delta
    end
  end
  if lane.only ~= '' then
    if not H.listed(lane.excluded, lane.only) then
      change(lane.only, 1)
    end
  else
    local online = redis.call('HGETALL', c.t .. 'online')
    for n = 1, math.min(#online, 2 * H.LOOKED_AT_MAX), 2 do
      local id, capacity = string.match(online[n], '^(%x+);(.*)$')
      if fits(H.profile_text(c, id), capacity) then
        count[online[n]] = tonumber(online[n + 1])
      end
    end
    for name in string.gmatch(lane.excluded, '[^,]+') do
      change(name, -1)
    end
  end
  local profiles, agents, slots = {}, 0, 0
  for field, n in pairs(count) do
    if n > 0 then
      local id, capacity = string.match(field, '^(%x+);(.*)$')
      profiles[#profiles + 1] = H.profile_text(c, id)
      agents, slots = agents + n, slots + n * room(capacity, v.kind)
    end
  end
  return profiles, agents, slots
end

-- Gives an agent the work that fits now: one offer, or several automatic ones. Saves the agent, who
-- is indexed once, for what is left.
function H.match_agent(c, a, trigger)
  local given = 0
  while given < H.MATCHES_MAX do
    local v, why = next_for(c, a, trigger)
    if not v then
      return H.save_agent(c, a)
    end
    H.offer(c, v, a, why)
    given = given + 1
  end
  H.save_agent(c, a)
  H.timer(c, 'm', a.id, c.now)
end

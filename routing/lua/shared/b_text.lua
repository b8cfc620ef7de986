-- The packed texts: lanes, profiles, capacities, plans. All parsers are pure and remembered.

-- `tax:4,zh:1` → { tax = 4, zh = 1 }
local function skills(text)
  local set = {}
  for skill, level in string.gmatch(text, '([^:,]+):(%d+)') do
    set[skill] = tonumber(level)
  end
  return set
end

H.profile = H.memo(skills)

-- `w|tax:4,zh:1|only|excluded,agents` → its parts; `excluded` is ready for a plain search.
H.lane = H.memo(function(text)
  local kind, need, only, excluded = string.match(text, '^(%l)|([^|]*)|([^|]*)|([^|]*)$')
  return { kind = kind, skills = skills(need), need = need, only = only, excluded = excluded }
end)

-- Lane text from a kind letter, a plan's need (`skills|only`) and the excluded agents.
function H.lane_text(kind, need, excluded)
  return kind .. '|' .. need .. '|' .. excluded
end

-- Is the agent in a comma list?
function H.listed(list, agent)
  return list ~= '' and string.find(',' .. list .. ',', ',' .. agent .. ',', 1, true) ~= nil
end

-- The list with the agent in it, in order of exclusion. Over 16 names, the oldest is forgiven.
function H.excluding(list, agent)
  if H.listed(list, agent) then
    return list
  end
  local names = {}
  for name in string.gmatch(list, '[^,]+') do
    names[#names + 1] = name
  end
  if #names >= H.EXCLUDED_MAX then
    table.remove(names, 1)
  end
  names[#names + 1] = agent
  return table.concat(names, ',')
end

-- The list without the agent.
function H.without(list, agent)
  local names = {}
  for name in string.gmatch(list, '[^,]+') do
    if name ~= agent then
      names[#names + 1] = name
    end
  end
  return table.concat(names, ',')
end

-- `100;w30/3;e10/100;…` → { units = 100, w = { cost = 30, limit = 3 }, … }
H.capacity = H.memo(function(text)
  local capacity = { units = tonumber(string.match(text, '^(%d+)')) }
  for kind, cost, limit in string.gmatch(text, ';(%l)(%d+)/(%d+)') do
    capacity[kind] = { cost = tonumber(cost), limit = tonumber(limit) }
  end
  return capacity
end)

-- Which kinds fit beside `used` units and `counts` (`w1e2`) conversations, as letters in order.
local KINDS = { 'w', 'e', 'i', 'a', 'p' }
local masks = H.memo(function(capacity_text)
  local capacity = H.capacity(capacity_text)
  return H.memo(function(counts)
    return H.memo(function(used)
      local letters = ''
      for _, kind in ipairs(KINDS) do
        local of = capacity[kind]
        local held = tonumber(string.match(counts, kind .. '(%d+)') or '0')
        if of and used + of.cost <= capacity.units and held < of.limit then
          letters = letters .. kind
        end
      end
      return letters
    end)
  end)
end)

function H.mask(capacity_text, used, counts)
  return masks(capacity_text)(counts)(used)
end

-- `w1e2` with one kind changed by `delta`; kinds with none are left out.
local counted = H.memo(function(counts)
  return H.memo(function(kind)
    return H.memo(function(delta)
      local result = ''
      for _, letter in ipairs(KINDS) do
        local n = tonumber(string.match(counts, letter .. '(%d+)') or '0')
        if letter == kind then
          n = n + delta
        end
        if n > 0 then
          result = result .. letter .. n
        end
      end
      return result
    end)
  end)
end)

function H.count(counts, kind, delta)
  return counted(counts)(kind)(delta)
end

-- `0 L tax:4|;30000 L tax:3|;60000 D;600000 R` → lanes and overflow in order (`steps`), whether it
-- says that it is overdue (its time is the due time, wherever it stands), and the reminder.
H.plan = H.memo(function(text)
  local plan = { steps = {}, overdue = false }
  for after, action, need in string.gmatch(text, '(%d+) (%u) ?([^;]*)') do
    local step = { after = tonumber(after), action = action, need = need }
    if action == 'D' then
      plan.overdue = true
    elseif action == 'R' then
      plan.remind = step
    else
      plan.steps[#plan.steps + 1] = step
    end
  end
  return plan
end)

-- The plan without its first step: the lanes after it come earlier by its length, overflow and
-- reminder keep their times. The same plan when no other lane follows.
H.later_plan = H.memo(function(text)
  local plan, lanes, overflows = H.plan(text), {}, {}
  for n = 2, #plan.steps do
    local of = plan.steps[n].action == 'L' and lanes or overflows
    of[#of + 1] = plan.steps[n]
  end
  if #lanes == 0 then
    return text
  end
  local length, texts = lanes[1].after, {}
  while #lanes + #overflows > 0 do
    local lane, overflow = lanes[1], overflows[1]
    if lane and (not overflow or lane.after - length <= overflow.after) then
      texts[#texts + 1] = string.format('%d L %s', lane.after - length, lane.need)
      table.remove(lanes, 1)
    else
      texts[#texts + 1] = string.format('%d O', overflow.after)
      table.remove(overflows, 1)
    end
  end
  local overdue = string.match(text, ';(%d+ D)')
  texts[#texts + 1] = overdue
  texts[#texts + 1] = string.format('%d R', plan.remind.after)
  return table.concat(texts, ';')
end)

-- `longest_idle;30000;0;3;60000;86400000` → the policy's parts.
H.policy = H.memo(function(text)
  local rule, offer, auto, misses, wrap, reopen =
    string.match(text, '^([%l_]+);(%d+);([01]);(%d+);(%d+);(%d+)$')
  return {
    rule = rule,
    offer_ms = tonumber(offer),
    auto = auto == '1',
    misses_max = tonumber(misses),
    wrap_ms = tonumber(wrap),
    reopen_ms = tonumber(reopen),
  }
end)

-- Does a profile have every skill of a lane at its level? Remembered by profile, then by lane.
local met = H.memo(function(profile_text)
  local has = H.profile(profile_text)
  return H.memo(function(lane_text)
    for skill, level in pairs(H.lane(lane_text).skills) do
      if (has[skill] or 0) < level then
        return false
      end
    end
    return true
  end)
end)

function H.skills_met(profile_text, lane_text)
  return met(profile_text)(lane_text)
end

-- How far a profile's levels add up in the skills that a lane needs: for `best_skilled`.
local sums = H.memo(function(profile_text)
  local has = H.profile(profile_text)
  return H.memo(function(lane_text)
    local sum = 0
    for skill, _ in pairs(H.lane(lane_text).skills) do
      sum = sum + (has[skill] or 0)
    end
    return sum
  end)
end)

function H.skill_sum(profile_text, lane_text)
  return sums(profile_text)(lane_text)
end

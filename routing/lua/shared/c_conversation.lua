-- Conversations: reading and writing the hash, and the indexes of those that wait.

-- Two long texts instead of twenty short fields: reading and writing a field costs Redis as much as
-- copying a page of text. `entry` is what the queue's policy says and changes seldom, `place` is
-- where the conversation stands. Values hold no line breaks. packed.rs takes them apart likewise. Served by
-- another kind than its door's (a callback, h_call.lua), the kind is followed by the door's.
local L = '([^\n]*)\n' -- a line; `string` does not exist yet while the library loads
local ENTRY = '^' .. L .. L .. L .. L .. L .. L .. L .. L .. '([^\n]*)$'
local ENTRY_FORMAT = '%s\n%s\n%d\n%s\n%s\n%d\n%d\n%s\n%s'
local PLACE = '^' .. L .. L .. L .. L .. L .. L .. L .. L .. L .. L .. L .. L .. '([^\n]*)$'
local PLACE_FORMAT = '%s\n%s\n%s\n%s\n%d\n%d\n%d\n%s\n%d\n%d\n%s\n%s\n%s'

-- Fields that stay by themselves: written when given, and not read here.
local APART = {
  info = true, why = true, threads = true, read_by_contact = true, read_by_agent = true, received_by_contact = true,
  address = true, mailed = true, way = true, said = true, told = true, callback = true,
}

-- The conversation, or nil. One call knows each conversation once, so that its copy is the truth.
function H.load(c, id)
  local known = c.conversations[id]
  if known then
    return known
  end
  local packed = redis.call('HMGET', c.t .. 'conv:' .. id, 'entry', 'place')
  if not packed[2] then
    return nil
  end
  local contact, channel, opened, kind, queue, arrived, due, plan, policy = string.match(packed[1], ENTRY)
  local state, agent, token, lane, entered, step, units, last, base, offers, accepted, closed, untl =
    string.match(packed[2], PLACE)
  local v = {
    id = id, entry = packed[1], place = packed[2], apart = false,
    contact = contact, channel = channel, opened = opened, kind = string.sub(kind, 1, 1),
    door = string.sub(kind, -1), queue = queue,
    arrived = tonumber(arrived), due = tonumber(due), plan = plan, policy = policy,
    state = state, agent = agent, token = token, lane = lane, entered = tonumber(entered),
    step = tonumber(step), units = tonumber(units), last = last, base = tonumber(base),
    offers = tonumber(offers), accepted = accepted, closed = closed, ['until'] = untl,
  }
  c.conversations[id] = v
  return v
end

-- A conversation that does not exist yet.
function H.new_conversation(c, id)
  local v = {
    id = id, entry = '', place = '', apart = false,
    contact = '', channel = '', opened = c.now, kind = '', door = '', queue = '', arrived = 0, due = 0, plan = '',
    policy = '', state = '', agent = '', token = '', lane = '', entered = 0, step = 0, units = 0, last = '',
    base = 0, offers = 0, accepted = '', closed = '', ['until'] = '',
  }
  c.conversations[id] = v
  return v
end

-- Changes fields: H.save(v, 'state', 'queued', …). They are written once, at the end of the call.
function H.save(v, ...)
  local given = { ... }
  for n = 1, #given, 2 do
    local field, value = given[n], given[n + 1]
    v[field] = value
    if APART[field] then
      v.apart = v.apart or {}
      v.apart[#v.apart + 1] = field
      v.apart[#v.apart + 1] = type(value) == 'number' and H.int(value) or value
    end
  end
end

-- A time as text; none is empty.
local function time_text(at)
  return at == '' and '' or H.int(at)
end

-- Writes what this call changed of a conversation.
local function flush_conversation(c, v)
  local fields = v.apart or {}
  local kind = v.kind == v.door and v.kind or v.kind .. v.door
  local entry = string.format(ENTRY_FORMAT, v.contact, v.channel, v.opened, kind, v.queue, v.arrived,
    v.due, v.plan, v.policy)
  if entry ~= v.entry then
    fields[#fields + 1] = 'entry'
    fields[#fields + 1] = entry
  end
  local place = string.format(PLACE_FORMAT, v.state, v.agent, v.token, v.lane, v.entered, v.step,
    v.units, v.last, v.base, v.offers, time_text(v.accepted), time_text(v.closed), time_text(v['until']))
  if place ~= v.place then
    fields[#fields + 1] = 'place'
    fields[#fields + 1] = place
  end
  if #fields > 0 then
    redis.call('HSET', c.t .. 'conv:' .. v.id, unpack(fields))
  end
end

-- Writes what this call changed.
function H.flush(c)
  for _, v in pairs(c.conversations) do
    flush_conversation(c, v)
  end
  for _, a in pairs(c.agents) do
    H.flush_agent(c, a)
  end
end

function H.timer(c, kind, id, at)
  redis.call('ZADD', c.t .. 'timers', H.int(at), kind .. ':' .. id)
end

function H.cancel(c, kind, id)
  redis.call('ZREM', c.t .. 'timers', kind .. ':' .. id)
end

-- Whose timer it is, for those that can end in a match: of several that are due at one moment, those
-- of the conversations that are due first come first, since names settle ties. A rest is followed by
-- as much time as its entry had. Shifted, so that all numbers have sixteen digits.
local function placed(kind, v)
  local due = kind == 'z' and v.due - v.arrived or v.due
  return string.format('%016d:', due + 1e15) .. v.id
end

function H.placed_timer(c, kind, v, at)
  H.timer(c, kind, placed(kind, v), at)
end

function H.cancel_placed(c, kind, v)
  H.cancel(c, kind, placed(kind, v))
end

-- Sticky lanes have heads of their own, so that they cost nothing to other agents.
function H.heads_key(c, lane_text)
  local only = H.lane(lane_text).only
  if only ~= '' then
    return c.t .. 'heads:' .. only
  end
  return c.t .. 'heads'
end

-- Puts a conversation into its lane; the lane's head is written only when it changes.
function H.lane_add(c, v)
  redis.call('ZADD', c.t .. 'lane:' .. v.lane, H.int(v.due), v.id)
  local heads = H.heads_key(c, v.lane)
  local head = redis.call('ZSCORE', heads, v.lane)
  if not head or tonumber(head) > v.due then
    redis.call('ZADD', heads, H.int(v.due), v.lane)
  end
end

function H.lane_remove(c, v)
  local lane = c.t .. 'lane:' .. v.lane
  redis.call('ZREM', lane, v.id)
  local heads = H.heads_key(c, v.lane)
  local head = redis.call('ZSCORE', heads, v.lane)
  if head and tonumber(head) >= v.due then
    local first = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
    if first[1] then
      redis.call('ZADD', heads, first[2], v.lane)
    else
      redis.call('ZREM', heads, v.lane)
    end
  end
end

-- The next step of a waiting conversation's plan, and its time. Lanes and overflow come so long after
-- it entered, overdue when it is due, each in its turn; the first lane is always the first step, the
-- reminder the last.
local OVERDUE = { action = 'D' }
function H.next_step(c, v)
  local plan, place = H.plan(v.plan), v.step
  if plan.overdue then
    local turn = 2
    while plan.steps[turn] do
      local at = v.entered + plan.steps[turn].after
      if at > v.due or (at == v.due and plan.steps[turn].action == 'O') then
        break
      end
      turn = turn + 1
    end
    if place == turn then
      return OVERDUE, v.due
    elseif place > turn then
      place = place - 1
    end
  end
  local step = plan.steps[place]
  if step then
    return step, v.entered + step.after
  end
  return plan.remind, c.now + plan.remind.after
end

-- The one timer of a waiting conversation: the next step of its plan.
function H.plan_timer(c, v)
  local _, at = H.next_step(c, v)
  H.placed_timer(c, 'w', v, at)
end

-- Everything that a waiting conversation stands in: lane, queue, and its plan timer.
function H.wait(c, v)
  H.lane_add(c, v)
  redis.call('ZADD', c.t .. 'waiting:' .. v.queue, H.int(v.due), v.id)
  H.plan_timer(c, v)
end

function H.unwait(c, v)
  H.lane_remove(c, v)
  redis.call('ZREM', c.t .. 'waiting:' .. v.queue, v.id)
  H.cancel_placed(c, 'w', v)
end

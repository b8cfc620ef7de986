-- Conversations: reading and writing the hash, the log, and the indexes of those that wait.

local FIELDS = {
  'state', 'contact', 'channel', 'kind', 'queue', 'agent', 'token', 'lane', 'due', 'arrived',
  'entered', 'step', 'plan', 'policy', 'units', 'last', 'base', 'offers', 'accepted', 'closed',
  'until',
}
local NUMBERS = { 'due', 'arrived', 'entered', 'step', 'units', 'base', 'offers' }

-- The conversation, or nil. One call knows each conversation once, so that its copy is the truth.
function H.load(c, id)
  if c.conversations[id] then
    return c.conversations[id]
  end
  local values = redis.call('HMGET', c.t .. 'conv:' .. id, unpack(FIELDS))
  if not values[1] then
    return nil
  end
  local v = { id = id, loaded = {}, dirty = {} }
  for n, field in ipairs(FIELDS) do
    v[field] = values[n] or ''
    v.loaded[field] = v[field]
  end
  for _, field in ipairs(NUMBERS) do
    v[field] = tonumber(v[field]) or 0
  end
  c.conversations[id] = v
  return v
end

-- A conversation that does not exist yet.
function H.new_conversation(c, id)
  local v = { id = id, loaded = {}, dirty = {} }
  for _, field in ipairs(FIELDS) do
    v[field], v.loaded[field] = '', ''
  end
  for _, field in ipairs(NUMBERS) do
    v[field] = 0
  end
  c.conversations[id] = v
  return v
end

-- Changes fields: H.save(v, 'state', 'queued', …). They are written once, at the end of the call.
function H.save(v, ...)
  local given = { ... }
  for n = 1, #given, 2 do
    v[given[n]] = given[n + 1]
    v.dirty[given[n]] = type(given[n + 1]) == 'number' and H.int(given[n + 1]) or given[n + 1]
  end
end

-- Writes what this call changed.
function H.flush(c)
  for id, v in pairs(c.conversations) do
    local fields = {}
    for field, value in pairs(v.dirty) do
      if value ~= v.loaded[field] then
        fields[#fields + 1] = field
        fields[#fields + 1] = value
      end
    end
    if #fields > 0 then
      redis.call('HSET', c.t .. 'conv:' .. id, unpack(fields))
    end
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

-- The place of the next message: the log's length plus what was archived before.
function H.next_seq(c, v)
  return redis.call('LLEN', c.t .. 'log:' .. v.id) + v.base + 1
end

-- Appends to the log and returns the seq.
function H.append(c, v, content, seq)
  local log = c.t .. 'log:' .. v.id
  seq = seq or H.next_seq(c, v)
  local message = '{"seq":' .. H.int(seq) .. ',"at":' .. H.int(c.now) .. ',' .. string.sub(content, 2)
  redis.call('RPUSH', log, message)
  H.event(c, 'message_appended', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
    .. '","agent":' .. H.json_id(v.agent) .. ',"message":' .. message)
  return seq
end

-- Appends a system fact; its id follows from its place.
function H.notice(c, v, fields)
  local place = H.next_seq(c, v)
  local id = 'msg_' .. string.sub(v.id, 6) .. '_' .. H.int(place)
  return H.append(c, v, '{"id":"' .. id
    .. '","author":{"type":"system"},"kind":"notice","notice":{' .. fields .. '}}', place)
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

-- The one timer of a waiting conversation: the next step of its plan.
function H.plan_timer(c, v)
  local step = H.plan(v.plan)[v.step]
  local at = v.entered + step.after
  if step.action == 'R' then
    at = c.now + step.after
  elseif step.action == 'D' then
    at = v.due
  end
  H.timer(c, 'w', v.id, at)
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
  H.cancel(c, 'w', v.id)
end

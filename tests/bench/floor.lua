#!lua name=bench_floor
-- The floor of B1: what an arrival and a completion must leave behind, with nothing decided.
--
-- Same keys, same fields, same texts and sizes as the switchboard's own transitions write, each
-- command once, and only the net effect: an index that a transition could leave untouched is not
-- written here. Nothing is read but the clock; the caller passes what matching would have found.

local F = {}

function F.int(number)
  return string.format('%d', number)
end

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The limit: the cheapest call there is.
local function nothing()
  return 1
end

-- ARGV as `v1_receive_message`, and 17 the lane.
-- 8 writes: pointer, log, mark, lane, queue, timer, hash, events.
local function arrival(keys, a)
  local t, now = keys[1] .. ':', clock()
  local channel, contact, id, lane = a[2], a[3], a[5], a[17]
  local due = tonumber(a[10])
  local message = '{"seq":1,"at":' .. F.int(now) .. ',' .. string.sub(a[6], 2)
  redis.call('SET', t .. 'open:' .. channel .. ':' .. contact, id)
  redis.call('RPUSH', t .. 'log:' .. id, message)
  redis.call('SET', t .. 'seen:' .. channel .. ':' .. a[4], id .. ' 1', 'PX', a[16])
  redis.call('ZADD', t .. 'lane:' .. lane, F.int(due), id)
  redis.call('ZADD', t .. 'waiting:' .. a[7], F.int(due), id)
  redis.call('ZADD', t .. 'timers', F.int(now + 30000), 'w:' .. id)
  redis.call('HSET', t .. 'conv:' .. id, 'info', a[15], 'entry', contact .. '\n' .. channel .. '\n' .. F.int(now)
    .. '\n' .. a[8] .. '\n' .. a[7] .. '\n' .. a[9] .. '\n' .. a[10] .. '\n' .. a[12] .. '\n' .. a[13], 'place',
    'queued\n\n\n' .. lane .. '\n' .. F.int(now) .. '\n2\n0\n\n0\n0\n\n\n')
  redis.call('XADD', t .. 'events', '*',
    'e', '{"type":"conversation_opened","conversation":"' .. id .. '","contact":"' .. contact
      .. '","channel":"' .. channel .. '","queue":"' .. a[7] .. '"}',
    'e', '{"type":"message_appended","conversation":"' .. id .. '","contact":"' .. contact
      .. '","agent":null,"message":' .. message .. '}',
    'e', '{"type":"conversation_queued","conversation":"' .. id .. '","contact":"' .. contact
      .. '","queue":"' .. a[7] .. '","lane":"' .. lane .. '","due_at":' .. F.int(due)
      .. ',"reason":"arrival"}')
  return { 'appended', id, '1', '1', 'queued' }
end

-- ARGV 2 conversation · 3 agent · 4 info · 5 contact · 6 queue · 7–11 what the agent gets next:
--      conversation, contact, queue, lane, the lane's next due time.
-- 14 writes: for what ends hash, log, handling, held, closed; for what is given lane, its head,
-- queue, timer, held, log, hash; the agent; events.
local function completion(keys, a)
  local t, now = keys[1] .. ':', clock()
  local id, agent, contact, queue = a[2], a[3], a[5], a[6]
  local new, new_contact, new_queue, lane = a[7], a[8], a[9], a[10]
  local closed = '{"seq":3,"at":' .. F.int(now) .. ',"id":"msg_' .. string.sub(id, 6)
    .. '_3","author":{"type":"system"},"kind":"notice","notice":{"code":"closed","by":"agent"}}'
  local joined = '{"seq":2,"at":' .. F.int(now) .. ',"id":"msg_' .. string.sub(new, 6)
    .. '_2","author":{"type":"system"},"kind":"notice","notice":{"code":"joined","agent":"' .. agent .. '"}}'
  local stamp = F.int(now)
  redis.call('RPUSH', t .. 'log:' .. id, closed)
  redis.call('HSET', t .. 'handling', queue, '123456')
  redis.call('SREM', t .. 'held:' .. agent, id)
  redis.call('ZADD', t .. 'closed', stamp, id)
  redis.call('HSET', t .. 'conv:' .. id, 'info', a[4], 'place', 'closed\n' .. agent .. '\n\n' .. lane .. '\n' .. stamp
    .. '\n2\n0\n' .. agent .. '\n0\n0\n' .. stamp .. '\n' .. stamp .. '\n')
  redis.call('ZREM', t .. 'lane:' .. lane, new)
  redis.call('ZADD', t .. 'heads', a[11], lane)
  redis.call('ZREM', t .. 'waiting:' .. new_queue, new)
  redis.call('ZREM', t .. 'timers', 'w:' .. new)
  redis.call('SADD', t .. 'held:' .. agent, new)
  redis.call('RPUSH', t .. 'log:' .. new, joined)
  local why = '{"trigger":"released","lane":"' .. lane
    .. '","rule":"longest_idle","waited_ms":123456,"groups":1,"eligible":1,"passed_over":[{"lane":"'
    .. lane .. '","why":"skills"},{"lane":"' .. lane .. '","why":"skills"},{"lane":"' .. lane
    .. '","why":"skills"}]}'
  redis.call('HSET', t .. 'conv:' .. new, 'why', why, 'place', 'active\n' .. agent .. '\n\n' .. lane .. '\n' .. stamp
    .. '\n2\n30\n' .. agent .. '\n0\n0\n' .. stamp .. '\n\n')
  redis.call('HSET', t .. 'agent:' .. agent, 'load', 'ready\n90\nw3\n\n' .. stamp .. '\n' .. stamp .. '\n\n0\n' .. stamp)
  redis.call('XADD', t .. 'events', '*',
    'e', '{"type":"message_appended","conversation":"' .. id .. '","contact":"' .. contact
      .. '","agent":"' .. agent .. '","message":' .. closed .. '}',
    'e', '{"type":"conversation_closed","conversation":"' .. id .. '","contact":"' .. contact
      .. '","agent":"' .. agent .. '","by":"agent","from":"active","wrap_up":false}',
    'e', '{"type":"conversation_assigned","conversation":"' .. new .. '","contact":"' .. new_contact
      .. '","agent":"' .. agent .. '","how":"auto","waited_ms":123456}',
    'e', '{"type":"message_appended","conversation":"' .. new .. '","contact":"' .. new_contact
      .. '","agent":"' .. agent .. '","message":' .. joined .. '}')
  return { 'closed' }
end

redis.register_function('floor_nothing', nothing)
redis.register_function('floor_arrival', arrival)
redis.register_function('floor_completion', completion)

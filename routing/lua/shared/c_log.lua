-- Logs: what was said in a conversation, and how far it was read.

-- The place of the next message: the log's length plus what was archived before.
function H.next_seq(c, v)
  return redis.call('LLEN', c.t .. 'log:' .. v.id) + v.base + 1
end

-- Lets a mark grow up to a seq, never beyond the log. The seq that it has now, or nil when it stays.
function H.grow_mark(c, v, field, wanted)
  local seq = math.min(tonumber(wanted), redis.call('LLEN', c.t .. 'log:' .. v.id) + v.base)
  if seq <= tonumber(redis.call('HGET', c.t .. 'conv:' .. v.id, field) or '0') then
    return nil
  end
  H.save(v, field, seq)
  return H.int(seq)
end

-- What is said to an app's user (`a`) waits for somebody to look whether it was read: what waits longest
-- counts, and a new word ends a pause. Their own words wait for nobody.
local function waits_for_push(c, v, content)
  if v.door == 'a' and not string.find(content, '"author":{"type":"contact"', 1, true) then
    redis.call('ZADD', c.t .. 'unpushed', 'LT', H.int(c.now), v.id)
  end
end

-- Appends to the log and returns the seq.
function H.append(c, v, content, seq)
  local log = c.t .. 'log:' .. v.id
  waits_for_push(c, v, content)
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

-- record_delivery: how a try ended. A failed one blocks its box until its next try; a dead one makes
-- way and stays visible among the dead letters.
--
-- ARGV  2 delivery · 3 token of the claim · 4 `sent`, `retry` or `dead` · 5 when to retry · 6 reason ·
--       7 the channel through which it went, or '' · 8 how long its names are known, ms · 9… the far end's
--       names for it, at most 64
-- Reply {stale} · {recorded}
-- Keeps what we sent known by its names as what came in is, so that an echo of it is no new message;
--       a message whose last part was sent has reached the contact's side.
-- Keeps fencing: a deliverer whose lease ran out and was claimed anew changes nothing (I14).
-- Calls Router::record_delivery

local function said(c, id, endpoint, outcome, tries)
  H.event(c, 'delivery_recorded', '"delivery":"' .. id .. '","endpoint":"' .. endpoint
    .. '","outcome":"' .. outcome .. '","tries":' .. tries)
end

-- What a delivery of a message leaves behind when it was sent.
local function sent(c, key, args)
  local about = redis.call('HMGET', key, 'about', 'whole')
  if not about[1] then
    return
  end
  for n = 9, #args do
    redis.call('SET', c.t .. 'seen:' .. args[7] .. ':' .. args[n], about[1], 'PX', args[8], 'NX')
  end
  local id, seq = string.match(about[1], '^(%S+) (%d+)$')
  local v = about[2] == '1' and H.load(c, id)
  local marked = v and H.grow_mark(c, v, 'received_by_contact', seq)
  if marked then
    H.event(c, 'received_marked', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":'
      .. H.json_id(v.agent) .. ',"seq":' .. marked)
  end
end

H.register('record_delivery', function(c, args)
  local id, outcome = args[2], args[4]
  local key = c.t .. 'delivery:' .. id
  local held = redis.call('HMGET', key, 'token', 'endpoint', 'tries')
  if not held[1] or held[1] == '' or held[1] ~= args[3] then
    return { 'stale' }
  end
  local endpoint, box = held[2], c.t .. 'box:' .. held[2]
  if outcome == 'retry' then
    redis.call('HSET', key, 'state', 'retrying', 'token', '', 'reason', args[6])
    H.next_in_box(c, endpoint, tonumber(args[5]))
    said(c, id, endpoint, 'retrying', held[3])
    return { 'recorded' }
  end
  redis.call('ZREM', box, id)
  if outcome == 'sent' then
    sent(c, key, args)
    redis.call('DEL', key)
    said(c, id, endpoint, 'sent', held[3])
  else
    redis.call('HSET', key, 'state', 'dead', 'token', '', 'reason', args[6])
    redis.call('ZADD', c.t .. 'dead', H.int(c.now), id)
    said(c, id, endpoint, 'dead', held[3])
  end
  H.next_in_box(c, endpoint, c.now)
  return { 'recorded' }
end)

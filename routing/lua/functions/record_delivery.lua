-- record_delivery: how a try ended. A failed one blocks its box until its next try; a dead one makes
-- way and stays visible among the dead letters.
--
-- ARGV  2 delivery · 3 token of the claim · 4 `sent`, `retry` or `dead` · 5 when to retry · 6 reason
-- Reply {stale} · {recorded}
-- Keeps fencing: a deliverer whose lease ran out and was claimed anew changes nothing (I14).
-- Calls Router::record_delivery

local function said(c, id, endpoint, outcome, tries)
  H.event(c, 'delivery_recorded', '"delivery":"' .. id .. '","endpoint":"' .. endpoint
    .. '","outcome":"' .. outcome .. '","tries":' .. tries)
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

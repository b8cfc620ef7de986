-- retry_delivery: an operator tries a dead letter again, or lets go of it for good. It goes back to
-- its old place, and on its way when what the endpoint is just being sent has ended.
--
-- ARGV  2 delivery · 3 `retry` or `drop`
-- Reply {unknown} · {done}
-- Keeps order per endpoint (I13), and one delivery on its way.
-- Calls Router::retry_delivery, Router::drop_delivery

H.register('retry_delivery', function(c, args)
  local key = c.t .. 'delivery:' .. args[2]
  local held = redis.call('HMGET', key, 'state', 'endpoint', 'place')
  if held[1] ~= 'dead' then
    return { 'unknown' }
  end
  redis.call('ZREM', c.t .. 'dead', args[2])
  if args[3] == 'drop' then
    redis.call('DEL', key)
    return { 'done' }
  end
  redis.call('HSET', key, 'state', 'pending', 'tries', 0, 'reason', '')
  redis.call('ZADD', c.t .. 'box:' .. held[2], held[3], args[2])
  redis.call('ZADD', H.boxes(c, held[2]), 'NX', H.int(c.now), held[2])
  return { 'done' }
end)

-- renew_delivery: a try goes on, and its claim with it.
--
-- ARGV  2 delivery · 3 token of the claim · 4 lease, ms
-- Reply {stale} · {renewed}
-- Keeps a claim whose owner died free again after the lease (I12), however long a try may take; the time
--       of a box is that of its first delivery, which may be another one by now.
-- Calls Router::renew_delivery

H.register('renew_delivery', function(c, args)
  local held = redis.call('HMGET', c.t .. 'delivery:' .. args[2], 'token', 'endpoint')
  if not held[1] or held[1] == '' or held[1] ~= args[3] then
    return { 'stale' }
  end
  if redis.call('ZRANGE', c.t .. 'box:' .. held[2], 0, 0)[1] ~= args[2] then
    return { 'stale' }
  end
  redis.call('ZADD', H.boxes(c, held[2]), H.int(c.now + tonumber(args[4])), held[2])
  return { 'renewed' }
end)

-- begin_idempotent: a request with an idempotency key begins, or is known.
--
-- ARGV  2 key · 3 fingerprint of the request · 4 how long it may take, ms
-- Reply {fresh} · {in_progress} · {mismatch} · {done, answer}
-- Calls Router::begin_idempotent

H.register('begin_idempotent', function(c, args)
  local key = c.t .. 'once:' .. args[2]
  local held = redis.call('HMGET', key, 'fingerprint', 'answer')
  if not held[1] then
    redis.call('HSET', key, 'fingerprint', args[3])
    redis.call('PEXPIRE', key, args[4])
    return { 'fresh' }
  end
  if held[1] ~= args[3] then
    return { 'mismatch' }
  end
  if held[2] then
    return { 'done', held[2] }
  end
  return { 'in_progress' }
end)

-- finish_idempotent: the answer is kept for whoever repeats the request; an empty one forgets it,
-- so that a failed request may be tried again.
--
-- ARGV  2 key · 3 answer or '' · 4 how long to keep it, ms
-- Reply {kept} · {forgotten}
-- Calls Router::finish_idempotent

H.register('finish_idempotent', function(c, args)
  local key = c.t .. 'once:' .. args[2]
  if args[3] == '' then
    redis.call('DEL', key)
    return { 'forgotten' }
  end
  redis.call('HSET', key, 'answer', args[3])
  redis.call('PEXPIRE', key, args[4])
  return { 'kept' }
end)

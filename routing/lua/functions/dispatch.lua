-- dispatch: the owner of a duty moves its cursor and puts what it found into the outbox, together.
--
-- ARGV  2 duty · 3 epoch · 4 new cursor · 5… (delivery id, endpoint, payload)…, at most 64
-- Reply {fenced} · {dispatched}
-- Keeps each event delivered once to each endpoint: cursor and outbox cannot disagree.
-- Calls Router::dispatch

H.register('dispatch', function(c, args)
  if redis.call('HGET', c.t .. 'duty:' .. args[2], 'epoch') ~= args[3] then
    return { 'fenced' }
  end
  redis.call('HSET', c.t .. 'cursors', args[2], args[4])
  for n = 5, #args, 3 do
    H.deliver(c, args[n], args[n + 1], args[n + 2])
  end
  return { 'dispatched' }
end)

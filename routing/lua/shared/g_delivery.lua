-- The outbox: one box per endpoint, in order; only its first delivery is ever on its way.

-- Puts a delivery into its box; the same id again is the same delivery.
function H.deliver(c, id, endpoint, payload)
  local key = c.t .. 'delivery:' .. id
  if redis.call('EXISTS', key) == 1 then
    return
  end
  local place = redis.call('HINCRBY', c.t .. 'meta', 'deliveries', 1)
  redis.call('HSET', key, 'endpoint', endpoint, 'payload', payload, 'place', H.int(place), 'tries', 0,
    'state', 'pending', 'token', '', 'reason', '')
  redis.call('ZADD', c.t .. 'box:' .. endpoint, H.int(place), id)
  redis.call('ZADD', c.t .. 'boxes', 'NX', H.int(c.now), endpoint)
end

-- The box's first delivery left: the next one may go at once.
function H.next_in_box(c, endpoint)
  if redis.call('EXISTS', c.t .. 'box:' .. endpoint) == 1 then
    redis.call('ZADD', c.t .. 'boxes', H.int(c.now), endpoint)
  else
    redis.call('ZREM', c.t .. 'boxes', endpoint)
  end
end

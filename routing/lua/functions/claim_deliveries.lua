-- claim_deliveries: the first delivery of each box that is due, for one deliverer, for a lease.
--
-- ARGV  2 owner · 3 lease, ms · 4 at most so many
-- Reply {claimed, (id, endpoint, token, tries before, payload)…}
-- Keeps order per endpoint (I13); a claim whose owner died is free again after the lease (I12).
-- Calls Router::claim_deliveries

H.register('claim_deliveries', function(c, args)
  local reply = { 'claimed' }
  local due = redis.call('ZRANGEBYSCORE', c.t .. 'boxes', '-inf', H.int(c.now), 'LIMIT', 0, args[4])
  for _, endpoint in ipairs(due) do
    local id = redis.call('ZRANGE', c.t .. 'box:' .. endpoint, 0, 0)[1]
    local key = c.t .. 'delivery:' .. id
    local tries = redis.call('HINCRBY', key, 'tries', 1)
    local token = args[2] .. '.' .. H.int(tries)
    redis.call('HSET', key, 'state', 'sending', 'token', token)
    redis.call('ZADD', c.t .. 'boxes', H.int(c.now + tonumber(args[3])), endpoint)
    for _, value in ipairs({ id, endpoint, token, H.int(tries - 1), redis.call('HGET', key, 'payload') }) do
      reply[#reply + 1] = value
    end
  end
  return reply
end)

-- claim_deliveries: the first delivery of each box that is due, for one deliverer, for a lease.
--
-- ARGV  2 owner · 3 lease, ms · 4 at most so many · 5 the provider whose notifications they are, or ''
-- Reply {claimed, (id, endpoint, token, tries before, payload, 1 when nobody knows how the last try
--       ended)…}
-- Keeps order per endpoint (I13); a claim whose owner died is free again after the lease (I12).
-- Calls Router::claim_deliveries

-- Claims a box's first delivery. One that is damaged leaves the box, so that it holds up nobody.
local function claim(c, endpoint, owner, lease_ms)
  local id = redis.call('ZRANGE', c.t .. 'box:' .. endpoint, 0, 0)[1] or ''
  local key = c.t .. 'delivery:' .. id
  local payload = redis.call('HGET', key, 'payload')
  if not payload then
    redis.call('ZREM', c.t .. 'box:' .. endpoint, id)
    H.next_in_box(c, endpoint, c.now)
    return {}
  end
  local in_doubt = redis.call('HGET', key, 'state') == 'sending' and '1' or '0'
  local tries = redis.call('HINCRBY', key, 'tries', 1)
  -- Tries begin anew for a dead letter; the number of a claim never comes again.
  local token = owner .. '.' .. H.int(redis.call('HINCRBY', c.t .. 'meta', 'claims', 1))
  redis.call('HSET', key, 'state', 'sending', 'token', token)
  redis.call('ZADD', H.boxes(c, endpoint), H.int(c.now + lease_ms), endpoint)
  return { id, endpoint, token, H.int(tries - 1), payload, in_doubt }
end

H.register('claim_deliveries', function(c, args)
  local reply = { 'claimed' }
  local boxes = c.t .. (args[5] == '' and 'boxes' or 'boxes:' .. args[5])
  local due = redis.call('ZRANGEBYSCORE', boxes, '-inf', H.int(c.now), 'LIMIT', 0, args[4])
  for _, endpoint in ipairs(due) do
    for _, value in ipairs(claim(c, endpoint, args[2], tonumber(args[3]))) do
      reply[#reply + 1] = value
    end
  end
  return reply
end)

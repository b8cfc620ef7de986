-- The outbox: one box per endpoint, in order; only its first delivery is ever on its way.

-- The boxes that are claimed together. Notifications have boxes of their own for each provider
-- (`push-PROVIDER-…`), so that one that is down takes no place from anybody else.
function H.boxes(c, endpoint)
  local provider = string.match(endpoint, '^push%-([a-z_]+)%-')
  return c.t .. (provider and 'boxes:' .. provider or 'boxes')
end

-- Puts a delivery into its box; the same id again is the same delivery. `about` is the message that it
-- carries, as `CONVERSATION SEQ`, and `whole` whether the message is out when this one is.
function H.deliver(c, id, endpoint, payload, about, whole)
  local key = c.t .. 'delivery:' .. id
  if redis.call('EXISTS', key) == 1 then
    return
  end
  local place = redis.call('HINCRBY', c.t .. 'meta', 'deliveries', 1)
  redis.call('HSET', key, 'endpoint', endpoint, 'payload', payload, 'place', H.int(place), 'tries', 0,
    'state', 'pending', 'token', '', 'reason', '')
  if about then
    redis.call('HSET', key, 'about', about, 'whole', whole and '1' or '0')
  end
  redis.call('ZADD', c.t .. 'box:' .. endpoint, H.int(place), id)
  redis.call('ZADD', H.boxes(c, endpoint), 'NX', H.int(c.now), endpoint)
end

-- Puts the deliveries of a message into the outbox: (id, endpoint, payload)… from a place of the call's
-- arguments on. They go out in their order, and the last one makes the message whole.
function H.deliver_all(c, a, from, about)
  for n = from, #a, 3 do
    H.deliver(c, a[n], a[n + 1], a[n + 2], about, n + 3 > #a)
  end
end

-- A delivery of the box came back: the first one may go at this time. While the first is on its way
-- (an older letter that was tried again), its lease stands.
function H.next_in_box(c, endpoint, at)
  local first = redis.call('ZRANGE', c.t .. 'box:' .. endpoint, 0, 0)[1]
  if not first then
    redis.call('ZREM', H.boxes(c, endpoint), endpoint)
  elseif redis.call('HGET', c.t .. 'delivery:' .. first, 'state') ~= 'sending' then
    redis.call('ZADD', H.boxes(c, endpoint), H.int(at), endpoint)
  end
end

-- The addresses that a visitor named in one conversation: at most so many, remembered by names that
-- tell nobody what they stand for.
local ADDRESSES_MAX = 2
local ADDRESSES_MS = 30 * 24 * 3600000

-- May the desk write to this address for the conversation?
function H.may_write_to(c, id, name)
  local key = c.t .. 'addresses:' .. id
  return redis.call('SISMEMBER', key, name) == 1 or redis.call('SCARD', key) < ADDRESSES_MAX
end

-- The desk writes to this address for the conversation.
function H.writes_to(c, id, name)
  local key = c.t .. 'addresses:' .. id
  redis.call('SADD', key, name)
  redis.call('PEXPIRE', key, ADDRESSES_MS)
end

-- The conversation is looked at then: what its contact has not read by that time goes by mail.
function H.look_at(c, id, at)
  redis.call('ZADD', c.t .. 'unread', H.int(at), id)
end

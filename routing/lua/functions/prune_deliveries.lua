-- prune_deliveries: an endpoint's box keeps to its bound, and dead letters to theirs. Of a box that is
-- too long the oldest become dead letters (but not the first, which may be on its way); dead letters
-- go when they are too old or too many.
--
-- ARGV  2 endpoint, or '' for the dead letters alone · 3 at most so many in its box · 4 so long a dead
--       letter is kept, ms · 5 at most so many of them
-- Reply {pruned, how many became dead, how many dead ones went}: at most 64 of each
-- Calls Router::prune_deliveries

local AT_ONCE = 64

local function shed(c, endpoint, most)
  local box = c.t .. 'box:' .. endpoint
  local beyond = math.min(redis.call('ZCARD', box) - most, AT_ONCE)
  if beyond <= 0 then
    return 0
  end
  local shedded = 0
  for _, id in ipairs(redis.call('ZRANGE', box, 1, beyond)) do
    local key = c.t .. 'delivery:' .. id
    -- Behind an older letter that was tried again, one may be on its way as well.
    if redis.call('HGET', key, 'state') ~= 'sending' then
      redis.call('ZREM', box, id)
      redis.call('HSET', key, 'state', 'dead', 'token', '', 'reason', 'too many waited')
      redis.call('ZADD', c.t .. 'dead', H.int(c.now), id)
      H.event(c, 'delivery_recorded', '"delivery":"' .. id .. '","endpoint":"' .. endpoint
        .. '","outcome":"dead","tries":0')
      shedded = shedded + 1
    end
  end
  return shedded
end

local function forget(c, ids)
  for _, id in ipairs(ids) do
    redis.call('DEL', c.t .. 'delivery:' .. id)
    redis.call('ZREM', c.t .. 'dead', id)
  end
  return #ids
end

H.register('prune_deliveries', function(c, args)
  local shedded = 0
  if args[2] ~= '' then
    shedded = shed(c, args[2], tonumber(args[3]))
  end
  local dead = c.t .. 'dead'
  local before = '(' .. H.int(c.now - tonumber(args[4]))
  local gone = forget(c, redis.call('ZRANGEBYSCORE', dead, '-inf', before, 'LIMIT', 0, AT_ONCE))
  local beyond = math.min(redis.call('ZCARD', dead) - tonumber(args[5]), AT_ONCE - gone)
  if beyond > 0 then
    gone = gone + forget(c, redis.call('ZRANGE', dead, 0, beyond - 1))
  end
  return { 'pruned', H.int(shedded), H.int(gone) }
end)

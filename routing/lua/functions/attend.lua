-- attend: a contact's socket is here for so long, or goes.
--
-- ARGV  2 contact · 3 socket · 4 for how long, ms; 0 when it goes
-- Reply {attending} · {gone}
-- Keeps no state but who is on the line; a gateway that dies leaves it to the time.
-- Calls Router::attend

H.register('attend', function(c, args)
  local key, ms = c.t .. 'here:' .. args[2], tonumber(args[4])
  if ms <= 0 then
    redis.call('ZREM', key, args[3])
    return { 'gone' }
  end
  redis.call('ZADD', key, H.int(c.now + ms), args[3])
  redis.call('PEXPIRE', key, H.int(ms))
  return { 'attending' }
end)

-- take_tokens: a rate limit by the generic cell rate algorithm: one key, no drift, no sweep.
--
-- ARGV  2 what is limited · 3 burst · 4 ms per token
-- Reply {allowed} · {wait, ms}
-- Calls Router::take_tokens

H.register('take_tokens', function(c, args)
  local key, burst, interval = c.t .. 'rate:' .. args[2], tonumber(args[3]), tonumber(args[4])
  local due = math.max(tonumber(redis.call('GET', key) or '0'), c.now)
  local next = due + interval
  if next - c.now > burst * interval then
    return { 'wait', H.int(next - c.now - burst * interval) }
  end
  redis.call('SET', key, H.int(next), 'PX', H.int(next - c.now))
  return { 'allowed' }
end)

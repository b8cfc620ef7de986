-- take_duty: one gateway owns a thing that must have one owner, for a time, in an epoch that only
-- grows. The owner renews by taking it again.
--
-- ARGV  2 duty · 3 owner · 4 how long, ms · 5 `take` or `release`
-- Reply {held, epoch} · {elsewhere, owner, until} · {released}
-- Keeps fencing: whoever takes a duty over gets a higher epoch than every owner before (I14).
-- Calls Router::take_duty, Router::release_duty

H.register('take_duty', function(c, args)
  local key = c.t .. 'duty:' .. args[2]
  local held = redis.call('HMGET', key, 'owner', 'epoch', 'until')
  local owner, epoch = held[1] or '', tonumber(held[2] or '0')
  local free = owner == '' or tonumber(held[3]) <= c.now
  if args[5] == 'release' then
    if owner == args[3] then
      redis.call('HSET', key, 'owner', '', 'until', 0)
    end
    return { 'released' }
  end
  if owner ~= args[3] and not free then
    return { 'elsewhere', owner, held[3] }
  end
  if free then
    epoch = epoch + 1
  end
  redis.call('HSET', key, 'owner', args[3], 'epoch', H.int(epoch), 'until', H.int(c.now + tonumber(args[4])))
  return { 'held', H.int(epoch) }
end)

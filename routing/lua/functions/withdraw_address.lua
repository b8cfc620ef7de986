-- withdraw_address: the contact takes back where answers go: nothing of the conversation goes by mail any
-- more, also not what waits for it.
--
-- ARGV  2 conversation · 3 contact · 4 notice fields
-- Reply {unknown} · {none} (there was none) · {withdrawn}
-- Keeps the count of addresses that the conversation named. One that is over stays as it was archived,
-- without the notice.
-- Calls Router::withdraw_address

H.register('withdraw_address', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.contact ~= args[3] then
    return { 'unknown' }
  end
  redis.call('ZREM', c.t .. 'unread', v.id)
  if redis.call('HDEL', c.t .. 'conv:' .. v.id, 'address') == 0 then
    return { 'none' }
  end
  if v.state ~= 'closed' then
    H.notice(c, v, args[4])
  end
  return { 'withdrawn' }
end)

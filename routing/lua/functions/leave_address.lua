-- leave_address: the contact says where answers go when nobody is there to read them.
--
-- ARGV  2 conversation · 3 contact · 4 address · 5 its name in the set of addresses · 6 notice fields ·
--       7 how long what is unread waits, ms
-- Reply {unknown} · {closed} · {too_many} · {same} · {left}
-- Keeps at most two addresses per conversation; what is unread already is looked at in its turn.
-- Calls Router::leave_address

H.register('leave_address', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.contact ~= args[3] then
    return { 'unknown' }
  end
  if v.state == 'closed' or v.state == 'wrap_up' then
    return { 'closed' }
  end
  if redis.call('HGET', c.t .. 'conv:' .. v.id, 'address') == args[4] then
    return { 'same' }
  end
  if not H.may_write_to(c, v.id, args[5]) then
    return { 'too_many' }
  end
  H.writes_to(c, v.id, args[5])
  H.save(v, 'address', args[4])
  H.notice(c, v, args[6])
  H.look_at(c, v.id, c.now + tonumber(args[7]))
  return { 'left' }
end)

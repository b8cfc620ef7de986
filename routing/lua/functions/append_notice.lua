-- append_notice: a system fact that became true elsewhere enters the log, once.
--
-- ARGV  2 conversation · 3 name of the fact · 4 how long to remember the name, ms · 5 notice fields
-- Reply {unknown} · {closed} · {duplicate, seq} · {appended, seq}
-- Keeps one notice per name (I2). A conversation that is over stays as it was archived.
-- Calls Router::append_notice

H.register('append_notice', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  local mark = c.t .. 'seen:' .. v.id .. ':' .. args[3]
  local seen = redis.call('GET', mark)
  if seen then
    return { 'duplicate', seen }
  end
  if v.state == 'closed' then
    return { 'closed' }
  end
  local seq = H.notice(c, v, args[5])
  H.mark(c, mark, H.int(seq), args[4])
  return { 'appended', H.int(seq) }
end)

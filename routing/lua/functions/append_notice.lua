-- append_notice: a system fact that became true elsewhere enters the log, once.
--
-- ARGV  2 conversation · 3 name of the fact · 4 how long to remember the name, ms · 5 notice fields
-- Reply {unknown} · {duplicate, seq} · {appended, seq} · {over, seq} (it stands in the log, now or since
--   an earlier call, of a conversation that is over)
-- Keeps one notice per name (I2). A conversation that is over is archived anew, with its longer log.
-- Calls Router::append_notice

H.register('append_notice', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  local mark = c.t .. 'seen:' .. v.id .. ':' .. args[3]
  local over = v.state == 'closed'
  local seen = redis.call('GET', mark)
  if seen then
    return { over and 'over' or 'duplicate', seen }
  end
  local seq = H.notice(c, v, args[5])
  if over then
    -- It may have been archived, and would be forgotten with its window.
    redis.call('PERSIST', c.t .. 'conv:' .. v.id)
    redis.call('ZADD', c.t .. 'closed', H.int(tonumber(v.closed) or c.now), v.id)
  end
  H.mark(c, mark, H.int(seq), args[4])
  return { over and 'over' or 'appended', H.int(seq) }
end)

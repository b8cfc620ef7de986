-- post_word: the desk says something beside the log, to the contact of a conversation that is answered
-- through the outbox.
--
-- ARGV  2 conversation · 3 name of the word · 4 how long to remember the name, ms · 5 notice fields or '' ·
--       6 what the word tells of the place in the queue, or '' · 7 when to look whether that is still so, in ms
--       from now · 8 `waiting` (only while it waits, is nobody's yet and is held out to nobody) or '' ·
--       9… (delivery id, endpoint, payload)…, at most 64
-- Reply {unknown} · {duplicate} · {over} (it waits no longer) · {posted}
-- Keeps one word per name (I2). The notice, where there is one and the log still grows, tells the agent.
-- What was told of the place stands beside the conversation, and `places` says when to look again.
-- Calls Router::post_word

H.register('post_word', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  local mark = c.t .. 'seen:' .. v.id .. ':' .. args[3]
  if redis.call('EXISTS', mark) == 1 then
    return { 'duplicate' }
  end
  if args[8] == 'waiting' and (v.state ~= 'queued' or v.accepted ~= '') then
    return { 'over' }
  end
  H.deliver_all(c, args, 9, nil)
  redis.call('HINCRBY', c.t .. 'conv:' .. v.id, 'said', math.floor((#args - 8) / 3))
  if args[6] ~= '' then
    H.save(v, 'told', args[6])
    redis.call('ZADD', c.t .. 'places', H.int(c.now + tonumber(args[7])), v.id)
  end
  if args[5] ~= '' and v.state ~= 'closed' then
    H.notice(c, v, args[5])
  end
  H.mark(c, mark, '1', args[4])
  return { 'posted' }
end)

-- lay_bookmark: the owner of a door notes how far it has read at the far end.
--
-- ARGV  2 duty · 3 epoch · 4 bookmark · 5 place
-- Reply {fenced} · {laid}
-- Keeps fencing: an owner that was paused and replaced moves no bookmark (I14).
-- Calls Router::lay_bookmark

H.register('lay_bookmark', function(c, args)
  if redis.call('HGET', c.t .. 'duty:' .. args[2], 'epoch') ~= args[3] then
    return { 'fenced' }
  end
  redis.call('HSET', c.t .. 'bookmarks', args[4], args[5])
  return { 'laid' }
end)

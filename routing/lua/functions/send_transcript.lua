-- send_transcript: the transcript of a conversation goes to an address, once.
--
-- ARGV  2 conversation · 3 the address's name in the set of addresses · 4 how long to remember that it
--       went, ms · 5 delivery id · 6 endpoint · 7 payload
-- Reply {already} · {too_many} · {sent}
-- Keeps one transcript per conversation and address, and at most two addresses per conversation, which
-- may have left the switchboard.
-- Calls Router::send_transcript

H.register('send_transcript', function(c, args)
  local mark = c.t .. 'seen:' .. args[2] .. ':transcript.' .. args[3]
  if redis.call('EXISTS', mark) == 1 then
    return { 'already' }
  end
  if not H.may_write_to(c, args[2], args[3]) then
    return { 'too_many' }
  end
  H.writes_to(c, args[2], args[3])
  H.deliver(c, args[5], args[6], args[7])
  H.mark(c, mark, '1', args[4])
  return { 'sent' }
end)

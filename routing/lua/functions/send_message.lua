-- send_message: an agent says something to the contact, or writes a note.
--
-- ARGV  2 conversation · 3 agent · 4 message content · 5 `text`, `note` or `note_of_supervisor` ·
--       6 client id · 7 how long to remember the client id, ms · 8 delivery id or '' · 9 endpoint ·
--       10 payload · 11 how long it may stay unread before it goes by mail to the address that the
--       contact left, ms, or ''
-- Reply {unknown} · {not_assigned} · {duplicate, seq} · {appended, seq}
-- Keeps one message per client id; the delivery stands in the outbox when the message is in the log.
-- Calls Router::send_message

-- To the contact only the holder speaks; notes are written by whoever held it last, too, and by
-- supervisors.
local function may_write(v, agent, kind)
  if kind == 'text' then
    return v.agent == agent and v.state == 'active'
  end
  return kind == 'note_of_supervisor' or v.agent == agent or v.last == agent
end

H.register('send_message', function(c, a)
  local v = H.load(c, a[2])
  if not v then
    return { 'unknown' }
  end
  local mark = c.t .. 'seen:' .. v.id .. ':' .. a[3] .. ':' .. a[6]
  local seen = redis.call('GET', mark)
  if seen then
    return { 'duplicate', seen }
  end
  if not may_write(v, a[3], a[5]) then
    return { 'not_assigned' }
  end
  if v.state == 'closed' then
    return { 'unknown' }
  end
  -- The outbox first: it knows a repeated delivery, the log would not know a repeated message.
  if a[8] ~= '' then
    H.deliver(c, a[8], a[9], a[10])
  end
  local seq = H.append(c, v, a[4])
  if a[11] ~= '' and redis.call('HEXISTS', c.t .. 'conv:' .. v.id, 'address') == 1 then
    H.look_at(c, v.id, c.now + tonumber(a[11]))
  end
  H.mark(c, mark, H.int(seq), a[7])
  return { 'appended', H.int(seq) }
end)

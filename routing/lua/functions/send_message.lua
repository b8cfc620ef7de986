-- send_message: an agent says something to the contact, or writes a note.
--
-- ARGV  2 conversation · 3 agent · 4 message content · 5 `text`, `note` or `note_of_supervisor` ·
--       6 client id · 7 how long to remember the client id, ms · 8 how long it may stay unread before
--       it goes by mail to the address that the contact left, ms, or '' · 9… (delivery id, endpoint,
--       payload)…, at most 64, which carry it out in their order
-- Reply {unknown} · {not_assigned} · {duplicate, seq} · {appended, seq}
-- Keeps one message per client id; its deliveries stand in the outbox when the message is in the log.
--       `said` counts the parts that were said since the contact's last word.
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
  H.deliver_all(c, a, 9, v.id .. ' ' .. H.int(H.next_seq(c, v)))
  if #a >= 9 then
    redis.call('HINCRBY', c.t .. 'conv:' .. v.id, 'said', math.floor((#a - 8) / 3))
  end
  local seq = H.append(c, v, a[4])
  if a[8] ~= '' and redis.call('HEXISTS', c.t .. 'conv:' .. v.id, 'address') == 1 then
    H.look_at(c, v.id, c.now + tonumber(a[8]))
  end
  H.mark(c, mark, H.int(seq), a[7])
  return { 'appended', H.int(seq) }
end)

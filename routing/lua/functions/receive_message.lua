-- receive_message: a contact's word enters. Drops a duplicate, finds, opens or reopens the
-- conversation, appends the message, queues it, tries to match.
--
-- ARGV  2 channel · 3 contact · 4 external id · 5 id for a new conversation · 6 message content ·
--       7–14 entry (queue, kind, arrived, due, not_before, plan, policy, waiting_max) · 15 info ·
--       16 how long to remember the external id, ms · 17 `contact` or `thread` · 18 the conversation
--       that it answers or '' · 19 its own name as a part of a thread or '' · 20 how long to
--       remember that name, ms · 21 where the contact is to be answered, opaque, or '' · 22… (delivery
--       id, endpoint, payload)…, at most 64, that fetch what the message refers to
-- Reply {duplicate, conversation, seq} · {queue_full} · {appended, conversation, seq, entered, state}
-- Keeps one open conversation per contact and channel (I4), but where the door has threads: there a
--       word belongs to the conversation that it answers, and opens one when it answers none; the
--       mark, the message, the state and the indexes are written together (I3); the same external
--       id is one message (I2).
-- Calls Router::receive_message

-- The conversation, if a word belongs to it still.
local function still_open(c, id)
  local v = id and H.load(c, id)
  if v and v.state == 'closed' and tonumber(v.closed) + H.policy(v.policy).reopen_ms <= c.now then
    return nil
  end
  return v or nil
end

-- The contact came back after the end.
local function reopen(c, v, e)
  local a = H.load_agent(c, v.agent)
  H.event(c, 'conversation_reopened', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '"')
  if v.state == 'wrap_up' and a then
    H.cancel(c, 'u', v.id)
    H.save(v, 'state', 'active', 'until', '', 'closed', '')
    H.event(c, 'conversation_assigned', '"conversation":"' .. v.id .. '","contact":"' .. v.contact
      .. '","agent":"' .. a.id .. '","how":"reopened","waited_ms":0')
    return
  end
  redis.call('ZREM', c.t .. 'closed', v.id)
  redis.call('PERSIST', c.t .. 'conv:' .. v.id)
  redis.call('PERSIST', c.t .. 'callback:' .. v.id)
  redis.call('PERSIST', c.t .. 'open:' .. v.channel .. ':' .. v.contact)
  H.save(v, 'closed', '', 'accepted', '', 'agent', '')
  H.apply_entry(v, e)
  H.notice(c, v, '"code":"reopened"')
  H.schedule_or_enter(c, v, e, 'reopened')
end

-- Wakes a conversation that rested: it waits from now on, with as much time as it had.
local function continue(c, v, e)
  if v.state == 'snoozed' then
    H.wake(c, v)
    return true
  elseif v.state == 'wrap_up' or v.state == 'closed' then
    reopen(c, v, e)
    return true
  end
  return false
end

H.register('receive_message', function(c, a)
  local channel, contact, content = a[2], a[3], a[6]
  local mark = c.t .. 'seen:' .. channel .. ':' .. a[4]
  local seen = redis.call('GET', mark)
  if seen then
    local conversation, seq = string.match(seen, '^(%S+) (%d+)$')
    return { 'duplicate', conversation, seq }
  end
  local e = H.entry(a, 7)
  local pointer = c.t .. 'open:' .. channel .. ':' .. contact
  local threads = a[17] == 'thread'
  local v = still_open(c, threads and a[18] or redis.call('GET', pointer))
  if not v and e.waiting_max > 0 and redis.call('ZCARD', c.t .. 'waiting:' .. e.queue) >= e.waiting_max then
    return { 'queue_full' }
  end
  local entered = false
  if not v then
    v, entered = H.new_conversation(c, a[5]), true
    H.apply_entry(v, e)
    H.save(v, 'state', 'queued', 'contact', contact, 'channel', channel, 'info', a[15])
    if threads then
      H.save(v, 'threads', '1')
    else
      redis.call('SET', pointer, v.id)
    end
    H.event(c, 'conversation_opened', '"conversation":"' .. v.id .. '","contact":"' .. contact
      .. '","channel":"' .. channel .. '","queue":"' .. e.queue .. '"')
  end
  if v.state == 'closed' then
    H.save(v, 'agent', '') -- who held it hears nothing more, until it is theirs again
  end
  local seq = H.append(c, v, content)
  local about = v.id .. ' ' .. H.int(seq)
  H.mark(c, mark, about, a[16])
  if a[21] ~= '' then
    H.save(v, 'way', a[21], 'said', 0)
  end
  H.deliver_all(c, a, 22, about)
  if a[19] ~= '' then
    -- Whoever writes under the name of another's letter later does not take it over.
    redis.call('SET', c.t .. 'thread:' .. channel .. ':' .. a[19], v.id, 'PX', a[20], 'NX')
  end
  if entered then
    H.schedule_or_enter(c, v, e, 'arrival')
  else
    entered = continue(c, v, e)
  end
  return { 'appended', v.id, H.int(seq), entered and '1' or '0', v.state }
end)

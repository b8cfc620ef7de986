-- mail_unread: what the contact has not read goes by mail, once; or nothing has to go.
--
-- ARGV  2 conversation · 3 the contact has read, or was mailed, up to here · 4 the letter goes up to
--       here · 5 how long to wait where the contact is here, ms · 6 delivery id, '' when nothing has to
--       go · 7 endpoint · 8 payload · 9 notice fields
-- Reply {unknown} · {here} · {changed} · {nothing} · {mailed}
-- Keeps each word in at most one letter: the letter stands in the outbox when the place is marked, and
-- neither happens when the contact has read meanwhile, took the address back, or is on the line. A conversation that is over
-- stays as it was archived, without the notice.
-- Calls Router::mail_unread

-- Up to where the contact has read, or was mailed.
local function known_to(c, v)
  local marks = redis.call('HMGET', c.t .. 'conv:' .. v.id, 'read_by_contact', 'mailed')
  return math.max(tonumber(marks[1] or '0'), tonumber(marks[2] or '0'))
end

local function is_here(c, contact)
  local key = c.t .. 'here:' .. contact
  redis.call('ZREMRANGEBYSCORE', key, '-inf', H.int(c.now))
  return redis.call('EXISTS', key) == 1
end

H.register('mail_unread', function(c, args)
  local v, upto = H.load(c, args[2]), tonumber(args[4])
  if not v then
    redis.call('ZREM', c.t .. 'unread', args[2])
    return { 'unknown' }
  end
  local last = H.next_seq(c, v) - 1
  if args[6] == '' then
    -- Whatever was said after what the caller saw is looked at anew.
    if last == upto then
      redis.call('ZREM', c.t .. 'unread', v.id)
    end
    return { 'nothing' }
  end
  if redis.call('HEXISTS', c.t .. 'conv:' .. v.id, 'address') == 0 then
    -- Taken back while the letter was composed.
    redis.call('ZREM', c.t .. 'unread', v.id)
    return { 'nothing' }
  end
  if known_to(c, v) ~= tonumber(args[3]) then
    return { 'changed' }
  end
  if is_here(c, v.contact) then
    H.look_at(c, v.id, c.now + tonumber(args[5]))
    return { 'here' }
  end
  H.deliver(c, args[6], args[7], args[8])
  H.save(v, 'mailed', upto)
  if last == upto then
    redis.call('ZREM', c.t .. 'unread', v.id)
  end
  if v.state ~= 'closed' then
    H.notice(c, v, args[9])
  end
  return { 'mailed' }
end)

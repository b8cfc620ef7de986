-- push_unread: what the contact has not read goes to their devices, once to each; or nothing has to go.
--
-- ARGV  2 conversation · 3 the contact had read up to here · 4 the notifications go up to here · 5 how long
--       to wait where a device is in the foreground, ms · 6 when to look again at all, or '' · 7… (device,
--       delivery id, endpoint, payload)…, at most 16
-- Reply {unknown} · {changed} · {pushed, how many}
-- Keeps each word in at most one notification for each device: it stands in the outbox when the mark is
--       made, and neither happens when the contact has read meanwhile. A device that is in the foreground
--       shows the word itself; it is looked at again as long as the word is not read.
-- Calls Router::push_unread

-- The devices of a contact that are in the foreground now: they say so with `DEVICE/SOCKET`.
local function in_front(c, contact)
  local key, devices = c.t .. 'here:' .. contact, {}
  redis.call('ZREMRANGEBYSCORE', key, '-inf', H.int(c.now))
  for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local device = string.match(name, '^([^/]+)/')
    if device then
      devices[device] = true
    end
  end
  return devices
end

H.register('push_unread', function(c, args)
  local v, upto = H.load(c, args[2]), tonumber(args[4])
  if not v then
    redis.call('ZREM', c.t .. 'unpushed', args[2])
    return { 'unknown' }
  end
  local key = c.t .. 'conv:' .. v.id
  if tonumber(redis.call('HGET', key, 'read_by_contact') or '0') ~= tonumber(args[3]) then
    return { 'changed' }
  end
  local front, look_at, pushed = in_front(c, v.contact), tonumber(args[6]), 0
  for n = 7, #args, 4 do
    local device = args[n]
    if tonumber(redis.call('HGET', key, 'pushed.' .. device) or '0') < upto then
      if front[device] then
        look_at = math.min(look_at or c.now + tonumber(args[5]), c.now + tonumber(args[5]))
      else
        H.deliver(c, args[n + 1], args[n + 2], args[n + 3])
        redis.call('HSET', key, 'pushed.' .. device, H.int(upto))
        pushed = pushed + 1
      end
    end
  end
  if H.next_seq(c, v) - 1 > upto then
    -- Something was said after what the caller saw.
    redis.call('ZADD', c.t .. 'unpushed', H.int(c.now), v.id)
  elseif look_at then
    redis.call('ZADD', c.t .. 'unpushed', H.int(look_at), v.id)
  else
    redis.call('ZREM', c.t .. 'unpushed', v.id)
  end
  return { 'pushed', H.int(pushed) }
end)

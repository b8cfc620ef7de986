-- archive: the records hold a closed conversation up to a seq; its log leaves Redis. The hash stays
-- until the window for reopening is over, so that the same conversation can go on.
--
-- ARGV  2 conversation · 3 the last seq that the records hold
-- Reply {unknown} · {changed} (it grew or is open again: read it anew) · {archived}
-- Calls Router::archive

-- Somebody looks at what is unread within so long, unless all gateways are away.
local LOOKED_AT_WITHIN_MS = 3600000

H.register('archive', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    redis.call('ZREM', c.t .. 'closed', args[2])
    return { 'unknown' }
  end
  local log = c.t .. 'log:' .. v.id
  local last = redis.call('LLEN', log) + v.base
  if v.state ~= 'closed' or last ~= tonumber(args[3]) then
    return { 'changed' }
  end
  redis.call('ZREM', c.t .. 'closed', v.id)
  redis.call('DEL', log)
  local cb = H.callback(c, v)
  if H.is_live(cb) then
    -- Its line finds it gone, and lets both telephones go.
    H.call_ended(c, v, cb, 'lost', cb.tries)
  end
  local pointer = c.t .. 'open:' .. v.channel .. ':' .. v.contact
  -- One of a thread is found by its letters as long as it may be reopened.
  local threads = redis.call('HGET', c.t .. 'conv:' .. v.id, 'threads') == '1'
  local pointed = redis.call('GET', pointer) == v.id
  local left = tonumber(v.closed) + H.policy(v.policy).reopen_ms - c.now
  -- What may still go by mail, or be pushed, is not forgotten before it was looked at.
  local look_at
  for _, index in ipairs({ 'unread', 'unpushed' }) do
    local at = redis.call('ZSCORE', c.t .. index, v.id)
    if at then
      look_at = true
      left = math.max(left, tonumber(at) + LOOKED_AT_WITHIN_MS - c.now)
    end
  end
  if left <= 0 or not (threads or pointed or look_at) then
    redis.call('DEL', c.t .. 'conv:' .. v.id, c.t .. 'callback:' .. v.id)
    v.apart = false -- what this call wanted to write of it goes with it
    if pointed then
      redis.call('DEL', pointer)
    end
    return { 'archived' }
  end
  H.save(v, 'base', last)
  redis.call('PEXPIRE', c.t .. 'conv:' .. v.id, H.int(left))
  redis.call('PEXPIRE', c.t .. 'callback:' .. v.id, H.int(left))
  if pointed then
    redis.call('PEXPIRE', pointer, H.int(left))
  end
  return { 'archived' }
end)

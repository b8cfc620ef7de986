-- request_callback: somebody wants to be rung, instead of waiting or at another time than before. The
-- conversation waits by telephone from now on, or from a later time, with the due time that it has.
--
-- ARGV  2 conversation · 3 number · 4 the number as people see it · 5 line · 6 from, or '' for as soon as
--       possible · 7 until, or '' · 8 when to remind, or '' · 9 `contact`, `agent` or `system` · 10 who · 11 locale
-- Reply {unknown} · {not_assigned} · {taken, conversation} (the number is wanted elsewhere) · {busy} (a call is
--       under way) · {requested, state}
-- Keeps one open callback for one number, and one call at a time for one conversation.
-- Calls Router::request_callback

-- Whoever holds it wants to ring later: it rests until then.
local function rest(c, v, from)
  local a = H.load_agent(c, v.agent)
  H.release(c, v, a, 'callback')
  H.save(v, 'agent', '', 'lane', '')
  H.schedule(c, v, from)
  H.match_agent(c, a, 'released')
end

H.register('request_callback', function(c, args)
  local v, number, by, from = H.load(c, args[2]), args[3], args[9], args[6]
  if not v or v.state == 'closed' or v.state == 'wrap_up' then
    return { 'unknown' }
  end
  if not H.may_ask_for_call(v, by, args[10]) then
    return { 'not_assigned' }
  end
  local numbers = c.t .. 'callback_numbers'
  local other = redis.call('HGET', numbers, number)
  if other and other ~= v.id then
    return { 'taken', other }
  end
  local cb = H.callback(c, v)
  if H.is_live(cb) then
    return { 'busy' }
  end
  local anew = not H.is_wanted(cb)
  cb = cb or H.new_callback(v)
  if cb.number ~= '' and cb.number ~= number then
    redis.call('HDEL', numbers, cb.number)
  end
  redis.call('HSET', numbers, number, v.id)
  H.cancel(c, 'c', v.id)
  local remind = args[8] ~= '' and tonumber(args[8]) > c.now and args[8] or ''
  if remind ~= '' then
    H.timer(c, 'c', v.id, tonumber(remind))
  end
  H.call_change(c, v, cb, 'state', 'wanted', 'number', number, 'shown', args[4], 'line', args[5], 'from', from,
    'until', args[7], 'remind', remind, 'by', by, 'at', anew and H.int(c.now) or cb.at, 'locale', args[11], 'tries',
    anew and '0' or cb.tries, 'next', '', 'outcome', '')
  H.notice(c, v, '"code":"callback_requested","by":"' .. by .. '","number":"' .. args[4] .. '","from":'
    .. H.json_number(from) .. ',"until":' .. H.json_number(args[7]) .. ',"line":"' .. args[5] .. '","changed":'
    .. tostring(not anew))
  local later = from ~= '' and tonumber(from) > c.now
  if v.state ~= 'active' then
    H.wait_anew(c, v, from)
  elseif by == 'agent' and later then
    rest(c, v, tonumber(from))
  elseif v.kind == 'p' and not later then
    H.order_call(c, v, cb)
  end
  return { 'requested', v.state }
end)

-- cancel_callback: nobody is to be rung any more. A conversation from another door waits on as it would have,
-- at the same place; a call that is under way is ended by its line.
--
-- ARGV  2 conversation · 3 `contact`, `agent` or `system` · 4 who, '' for system · 5 until when the desk is closed,
--       or ''
-- Reply {unknown} · {not_assigned} · {none} · {cancelled, state, 1 when its door is a telephone: nothing is left to do}
-- Calls Router::cancel_callback

H.register('cancel_callback', function(c, args)
  local v, by = H.load(c, args[2]), args[3]
  if not v or v.state == 'closed' or v.state == 'wrap_up' then
    return { 'unknown' }
  end
  if not H.may_ask_for_call(v, by, args[4]) then
    return { 'not_assigned' }
  end
  local cb = H.callback(c, v)
  if not H.is_wanted(cb) then
    return { 'none' }
  end
  H.notice(c, v, '"code":"callback_cancelled","by":"' .. by .. '"')
  H.end_callback(c, v, cb, 'cancelled')
  local by_phone = v.door == 'p'
  if v.state ~= 'active' and not by_phone then
    H.wait_anew(c, v, args[5])
  end
  return { 'cancelled', v.state, by_phone and '1' or '0' }
end)

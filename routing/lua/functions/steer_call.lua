-- steer_call: whoever holds a conversation, or a supervisor, has its call ended, held or resumed.
--
-- ARGV  2 conversation · 3 agent, or '' for a supervisor · 4 `hang_up`, `hold` or `resume`
-- Reply {unknown} · {not_assigned} · {none} (no call is under way) · {steered} · {ended} (nobody had been dialled)
-- Calls Router::steer_call

H.register('steer_call', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  if args[3] ~= '' and v.agent ~= args[3] then
    return { 'not_assigned' }
  end
  local cb = H.callback(c, v)
  if not H.is_live(cb) then
    return { 'none' }
  end
  if args[4] == 'hang_up' and cb.stage == 'ordered' then
    H.call_ended(c, v, cb, 'cancelled', cb.tries)
    return { 'ended' }
  end
  -- What is to end is not held any more.
  if cb.wish ~= 'hang_up' then
    H.steer(c, v, cb, args[4])
  end
  return { 'steered' }
end)

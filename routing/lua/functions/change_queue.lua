-- change_queue: a conversation that waits (or is scheduled) waits by another entry: overflow, a
-- supervisor's hand, changed settings.
--
-- ARGV  2 conversation · 3–10 entry · 11 reason (`queue_changed` or `overflow`)
-- Reply {unknown} · {not_assigned} (it does not wait) · {moved, state}
-- Keeps who was excluded.
-- Calls Router::change_queue

H.register('change_queue', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.state == 'closed' then
    return { 'unknown' }
  end
  local excluded = ''
  if v.state == 'queued' then
    excluded = H.lane(v.lane).excluded
    H.unwait(c, v)
  elseif v.state == 'scheduled' then
    H.cancel_placed(c, 's', v)
  else
    return { 'not_assigned' }
  end
  local e = H.entry(args, 3)
  H.apply_entry(v, e)
  H.schedule_or_enter(c, v, e, args[11], excluded)
  return { 'moved', v.state }
end)

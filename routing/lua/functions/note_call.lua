-- note_call: a line tells how far a call has come, or what another owner would need of it.
--
-- ARGV  2 conversation · 3 call · 4 the owner's epoch, or '' from a line that is called back on any gateway ·
--       5 stage or '' · 6 trace or '' · 7 recording or ''
-- Reply {not_ours} · {kept}
-- Keeps fencing (I14), and stages going forward: what comes late changes nothing.
-- Calls Router::note_call

local SAID = { contact_ringing = 'call_ringing', connected = 'call_connected' }

H.register('note_call', function(c, args)
  local v = H.load(c, args[2])
  local cb = v and H.callback(c, v)
  if not H.is_live(cb) or cb.call ~= args[3] or (args[4] ~= '' and cb.epoch ~= args[4]) then
    return { 'not_ours' }
  end
  if args[6] ~= '' then
    H.call_save(c, v, cb, 'trace', args[6])
  end
  if args[7] ~= '' then
    H.call_save(c, v, cb, 'recording', args[7])
  end
  local stage = args[5]
  if stage == '' or stage == cb.stage or H.STAGES[stage] < H.STAGES[cb.stage] then
    return { 'kept' }
  end
  local first = H.STAGES[stage] > H.STAGES[cb.stage]
  local connected = stage == 'connected' and first and H.int(c.now) or cb.connected
  H.call_change(c, v, cb, 'stage', stage, 'connected', connected)
  if first and SAID[stage] then
    H.notice(c, v, '"code":"' .. SAID[stage] .. '","call":"' .. cb.call .. '"')
  end
  return { 'kept' }
end)

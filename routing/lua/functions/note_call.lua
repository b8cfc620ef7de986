-- note_call: a line tells how far a call has come, or what another owner would need of it.
--
-- ARGV  2 conversation · 3 call · 4 line · 5 the owner's epoch, or '' · 6 stage or '' · 7 trace or '' ·
--       8 recording or ''
-- Reply {not_ours} · {kept}
-- Keeps fencing (I14), and stages going forward: what comes late changes nothing. For how long the agent's
-- telephone rang is known where it was told that it rings.
-- Calls Router::note_call

local SAID = { contact_ringing = 'call_ringing', connected = 'call_connected' }

local ANSWERED = H.STAGES.agent_answered

-- Since when the agent's telephone rings, and for how long it did until it was answered, in milliseconds.
local function ringing(c, cb, stage)
  if stage == 'agent_ringing' then
    return H.int(c.now), ''
  elseif cb.rung ~= '' and H.STAGES[cb.stage] < ANSWERED and H.STAGES[stage] >= ANSWERED then
    return cb.rung, H.int(c.now - tonumber(cb.rung))
  end
  return cb.rung, cb.rang
end

H.register('note_call', function(c, args)
  local v, cb = H.call_told_of(c, args[2], args[3], args[4], args[5])
  if not cb then
    return { 'not_ours' }
  end
  if args[7] ~= '' then
    H.call_save(c, v, cb, 'trace', args[7])
  end
  if args[8] ~= '' then
    H.call_save(c, v, cb, 'recording', args[8])
  end
  local stage = args[6]
  if stage == '' or stage == cb.stage or H.STAGES[stage] < H.STAGES[cb.stage] then
    return { 'kept' }
  end
  local first = H.STAGES[stage] > H.STAGES[cb.stage]
  local connected = stage == 'connected' and first and H.int(c.now) or cb.connected
  local rung, rang = ringing(c, cb, stage)
  H.call_change(c, v, cb, 'stage', stage, 'rung', rung, 'rang', rang, 'connected', connected)
  if first and SAID[stage] then
    H.notice(c, v, '"code":"' .. SAID[stage] .. '","call":"' .. cb.call .. '"')
  end
  return { 'kept' }
end)

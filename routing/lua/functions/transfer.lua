-- transfer: the holder passes an active conversation on; the entry says to which queue and how it
-- waits there (for a colleague first, when it goes to an agent).
--
-- ARGV  2 conversation · 3 the agent who holds it, or '' for a supervisor · 4–11 entry ·
--       12 '1' when the agent who lets go is not asked again
-- Reply {unknown} · {not_assigned} · {moved, state}
-- Calls Router::transfer

H.register('transfer', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.state == 'closed' then
    return { 'unknown' }
  end
  if v.state ~= 'active' or (args[3] ~= '' and v.agent ~= args[3]) then
    return { 'not_assigned' }
  end
  local a, e = H.load_agent(c, v.agent), H.entry(args, 4)
  H.release(c, v, a, 'transfer')
  -- Until the conversation has found its place, the agent counts as busy: everyone else is asked
  -- first, and what waits keeps its order.
  local offer = a.offer
  a.offer = v.id
  H.save_agent(c, a)
  H.apply_entry(v, e)
  H.save(v, 'agent', '')
  H.requeued_notice(c, v, 'transfer')
  H.schedule_or_enter(c, v, e, 'transfer', args[12] == '1' and a.id or '')
  a.offer = offer
  H.match_agent(c, a, 'released')
  return { 'moved', v.state }
end)

-- mark_received: what was said up to a seq has reached a device of the contact; it only ever grows,
-- and never beyond the log.
--
-- ARGV  2 conversation · 3 contact · 4 seq
-- Reply {unknown} · {unchanged} · {marked}
-- Calls Router::mark_received

H.register('mark_received', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.contact ~= args[3] then
    return { 'unknown' }
  end
  local seq = H.grow_mark(c, v, 'received_by_contact', args[4])
  if not seq then
    return { 'unchanged' }
  end
  H.event(c, 'received_marked', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":'
    .. H.json_id(v.agent) .. ',"seq":' .. seq)
  return { 'marked' }
end)

-- mark_read: a reader has read up to a seq; it only ever grows, and never beyond the log.
--
-- ARGV  2 conversation · 3 `contact` or `agent` · 4 who · 5 seq
-- Reply {unknown} · {unchanged} · {marked}
-- Calls Router::mark_read

H.register('mark_read', function(c, args)
  local v, by = H.load(c, args[2]), args[3]
  if not v or (by == 'contact' and v.contact ~= args[4]) or (by == 'agent' and v.agent ~= args[4]) then
    return { 'unknown' }
  end
  local seq = H.grow_mark(c, v, by == 'contact' and 'read_by_contact' or 'read_by_agent', args[5])
  if not seq then
    return { 'unchanged' }
  end
  H.event(c, 'read_marked', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":'
    .. H.json_id(v.agent) .. ',"by":"' .. by .. '","seq":' .. seq)
  return { 'marked' }
end)

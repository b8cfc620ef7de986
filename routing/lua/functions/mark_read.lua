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
  local field = by == 'contact' and 'read_by_contact' or 'read_by_agent'
  local last = redis.call('LLEN', c.t .. 'log:' .. v.id) + v.base
  local seq = math.min(tonumber(args[5]), last)
  if seq <= tonumber(redis.call('HGET', c.t .. 'conv:' .. v.id, field) or '0') then
    return { 'unchanged' }
  end
  H.save(v, field, seq)
  H.event(c, 'read_marked', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":'
    .. H.json_id(v.agent) .. ',"by":"' .. by .. '","seq":' .. H.int(seq))
  return { 'marked' }
end)

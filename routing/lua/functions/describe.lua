-- describe: what is known of a conversation beside its routing changed.
--
-- ARGV  2 conversation · 3 info
-- Reply {unknown} · {described}
-- Calls Router::describe

H.register('describe', function(c, args)
  local v = H.load(c, args[2])
  if not v then
    return { 'unknown' }
  end
  H.save(v, 'info', args[3])
  H.event(c, 'conversation_described', '"conversation":"' .. v.id .. '","agent":' .. H.json_id(v.agent))
  return { 'described' }
end)

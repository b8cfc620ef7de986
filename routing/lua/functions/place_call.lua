-- place_call: the agent who holds a conversation has its contact rung now.
--
-- ARGV  2 conversation · 3 agent
-- Reply {unknown} · {not_assigned} · {none} (no number is wanted) · {busy, call} · {ordered, call}
-- Keeps one call at a time for one conversation; repeating it while the call lives changes nothing.
-- Calls Router::place_call

H.register('place_call', function(c, args)
  local v = H.load(c, args[2])
  if not v or v.state == 'closed' then
    return { 'unknown' }
  end
  if v.state ~= 'active' or v.agent ~= args[3] then
    return { 'not_assigned' }
  end
  local cb = H.callback(c, v)
  if not H.is_wanted(cb) then
    return { 'none' }
  end
  if H.is_live(cb) then
    return { 'busy', cb.call }
  end
  H.order_call(c, v, cb)
  return { 'ordered', cb.call }
end)

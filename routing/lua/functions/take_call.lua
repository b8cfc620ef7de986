-- take_call: whoever keeps a line takes a call of it. One that no line has had is dialled now; one that another
-- owner had is taken over.
--
-- ARGV  2 conversation · 3 the owner's epoch · 4 line
-- Reply {gone} · {elsewhere} (a later owner has it) · {place | take_over | ours, call, number, agent, stage, trace, wish, locale}
-- Keeps one owner: whatever an earlier epoch tells of the call from now on changes nothing (I14).
-- Calls Router::take_call

H.register('take_call', function(c, args)
  local v = H.load(c, args[2])
  local cb = v and H.callback(c, v)
  if not H.is_live(cb) or cb.line ~= args[4] then
    redis.call('ZREM', c.t .. 'calls:' .. args[4], args[2])
    return { 'gone' }
  end
  local epoch, held = tonumber(args[3]), tonumber(cb.epoch)
  if held > epoch then
    return { 'elsewhere' }
  end
  local how, stage = 'ours', cb.stage
  if stage == 'ordered' then
    how = 'place'
    H.call_change(c, v, cb, 'stage', 'dialing', 'epoch', epoch)
  elseif held < epoch then
    how = 'take_over'
    H.call_save(c, v, cb, 'epoch', epoch)
  end
  return { how, cb.call, cb.number, cb.agent, stage, cb.trace, cb.wish, cb.locale }
end)

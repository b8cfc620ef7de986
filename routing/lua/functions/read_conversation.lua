-- read_conversation: the hash and the length of the log at one moment. Reads only.
--
-- ARGV  2 conversation
-- Reply {unknown} · {conversation, log length, the last message or '', (field, value)…}
-- Calls Router::conversation

H.register('read_conversation', function(c, args)
  local fields = redis.call('HGETALL', c.t .. 'conv:' .. args[2])
  if #fields == 0 then
    return { 'unknown' }
  end
  local log = c.t .. 'log:' .. args[2]
  local reply = { 'conversation', H.int(redis.call('LLEN', log)), redis.call('LINDEX', log, -1) or '' }
  for n = 1, #fields do
    reply[n + 3] = fields[n]
  end
  return reply
end, { 'no-writes' })

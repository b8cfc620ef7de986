-- The frame of every function: one table for all helpers (a chunk may hold only 200 locals), the
-- clock, the call's context, and the one place that appends a call's events.

local H = { version = 'v1' }

-- What one call may do at most; a call that reaches a bound says so and is called again.
H.TIMERS_MAX = 64 -- timers run by one call
H.MATCHES_MAX = 16 -- offers made to one agent by one call (only automatic ones can be several)
H.SCAN_CHUNK = 16 -- index entries read at a time while looking for a match
H.MEMO_MAX = 20000 -- remembered results of pure functions before they are forgotten

-- The present in milliseconds: `0` asks Redis, tests pass their own.
function H.clock(text)
  local now = tonumber(text)
  if now == nil then
    return nil
  end
  if now > 0 then
    return now
  end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Whole numbers as Redis and JSON want them: never in exponent form.
function H.int(number)
  return string.format('%d', number)
end

-- Registers `name` as `v1_name`. The body gets the call's context and its arguments after the
-- clock, and returns the reply; its events go out as one stream entry, a commit.
function H.register(name, body, flags)
  local function call(keys, args)
    local now = H.clock(args[1])
    if #keys ~= 1 or now == nil then
      return redis.error_reply('ERR hutong: ' .. name .. ' takes one key and the time first')
    end
    local c = { t = keys[1] .. ':', now = now, events = {}, conversations = {}, agents = {} }
    local reply = body(c, args)
    H.flush(c)
    if #c.events > 0 then
      -- Never trimmed here: the audit reader trims what the records hold (Router::trim_events).
      redis.call('XADD', c.t .. 'events', '*', unpack(c.events))
    end
    return reply
  end
  redis.register_function({ function_name = H.version .. '_' .. name, callback = call, flags = flags })
end

-- Appends a fact to the call's commit. `fields` is JSON without its braces; ids need no escaping.
function H.event(c, kind, fields)
  local n = #c.events
  c.events[n + 1] = 'e'
  c.events[n + 2] = '{"type":"' .. kind .. '",' .. fields .. '}'
end

-- An id, or null when it is empty.
function H.json_id(id)
  if id == nil or id == '' then
    return 'null'
  end
  return '"' .. id .. '"'
end

-- Remembers results of pure functions of texts; such a memory can never be wrong, only full.
function H.memo(compute)
  local known, count = {}, 0
  return function(text)
    local value = known[text]
    if value == nil then
      if count >= H.MEMO_MAX then
        known, count = {}, 0
      end
      value = compute(text)
      known[text] = value
      count = count + 1
    end
    return value
  end
end

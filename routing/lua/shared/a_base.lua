-- The frame of every function: one table for all helpers (a chunk may hold only 200 locals), the
-- clock, the call's context, and the one place that appends a call's events.

local H = { version = 'v1' }

-- What one call may do at most; a call that reaches a bound says so and is called again.
H.TIMERS_MAX = 64 -- timers run by one call
H.MATCHES_MAX = 16 -- offers made to one agent by one call (only automatic ones can be several)
H.COMMIT_EVENTS_MAX = 1000 -- events in one stream entry: Lua cannot pass many more to one command
H.BATCH_EVENTS_MAX = 2000 -- events after which a call runs no further timer
H.EXCLUDED_MAX = 16 -- agents excluded from one conversation
H.LOOKED_AT_MAX = 256 -- lanes or profiles at work that one call looks through beside matching
H.ASKED_ANEW_MAX = 64 -- conversations for which an agent who says `ready` again is asked anew
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

-- An error's text with its place: Redis names none for its own, Lua does for those of Lua.
local function explain(problem)
  if type(problem) ~= 'table' then
    return 'ERR ' .. tostring(problem)
  end
  -- From here: this function, the call of Redis, and who made it.
  local _, place = pcall(error, '', 4)
  return tostring(problem.err) .. ' at ' .. place
end

-- Calls `run(c, given)`: true and what it returns, or false and why it failed.
function H.try(run, c, given)
  return xpcall(function()
    return run(c, given)
  end, explain)
end

-- Writes what a call changed: the hashes, its events, and last the mark by which a repeated call is
-- known. A call with very many events makes several commits, in order.
local function commit(c)
  H.flush(c)
  local size = 2 * H.COMMIT_EVENTS_MAX
  for from = 1, #c.events, size do
    -- Never trimmed here: the audit reader trims what the records hold (Router::trim_events).
    redis.call('XADD', c.t .. 'events', '*', unpack(c.events, from, math.min(#c.events, from + size - 1)))
  end
  if c.mark then
    redis.call('SET', c.mark.key, c.mark.value, 'PX', c.mark.ms)
  end
end

-- Remembers that this message was taken in, once everything else of the call is written.
function H.mark(c, key, value, ms)
  c.mark = { key = key, value = value, ms = ms }
end

-- Registers `name` as `v1_name`. The body gets the call's context and its arguments after the
-- clock, and returns the reply; its events go out as one stream entry, a commit. Redis takes nothing
-- back when a body fails (a key of a foreign type), so what was done until then is written all the
-- same: the message stays in a conversation that exists, and `fsck` finds what is missing around it.
function H.register(name, body, flags)
  local function call(keys, args)
    local now = H.clock(args[1])
    if #keys ~= 1 or now == nil then
      return redis.error_reply('ERR hutong: ' .. name .. ' takes one key and the time first')
    end
    local c = { t = keys[1] .. ':', now = now, events = {}, conversations = {}, agents = {} }
    local done, reply = H.try(body, c, args)
    commit(c)
    return done and reply or redis.error_reply(reply)
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

-- Callbacks: a conversation whose contact wants to be rung. What is wanted, and the call that is under way,
-- stand in `callback:ID`; the conversation's own field `callback` is what of it is shown to people.
--
-- While a callback is wanted the conversation is served by telephone: its kind is `p`, that of the door
-- stays `door`. The kind changes only while no agent holds it, since an agent's load counts kinds.

local FIELDS = {
  'state', 'number', 'shown', 'line', 'from', 'until', 'remind', 'by', 'at', 'tries', 'next', 'locale', 'calls',
  'call', 'stage', 'epoch', 'agent', 'trace', 'wish', 'since', 'rung', 'rang', 'connected', 'recording', 'outcome',
}

-- How far a call has come; a stage never goes back, but the last two before the end take turns.
H.STAGES = {
  ordered = 1, dialing = 2, agent_ringing = 3, agent_answered = 4, contact_ringing = 5, connected = 6, held = 6,
}

-- One that nobody has wanted yet.
function H.new_callback(v)
  local cb = {}
  for _, field in ipairs(FIELDS) do
    cb[field] = ''
  end
  cb.state, cb.tries, cb.calls, cb.epoch = 'over', '0', '0', '0'
  v.callback_read = cb
  return cb
end

-- The callback of a conversation, or false when none was ever wanted.
function H.callback(c, v)
  if v.callback_read == nil then
    local flat = redis.call('HGETALL', c.t .. 'callback:' .. v.id)
    if #flat == 0 then
      v.callback_read = false
      return false
    end
    local cb = H.new_callback(v)
    for n = 1, #flat, 2 do
      cb[flat[n]] = flat[n + 1]
    end
  end
  return v.callback_read
end

function H.is_wanted(cb)
  return cb and cb.state ~= 'over'
end

-- May they have its contact rung, or not rung? Whoever holds it, or held it last.
function H.may_ask_for_call(v, by, who)
  return by == 'system' or (by == 'contact' and v.contact == who) or (by == 'agent' and (v.agent == who or v.last == who))
end

-- Is a call under way?
function H.is_live(cb)
  return cb and H.STAGES[cb.stage] ~= nil
end

-- A field as JSON that is a number, or JSON already.
function H.json_number(text)
  return text == '' and 'null' or text
end

local function word(text)
  return text == '' and 'null' or '"' .. text .. '"'
end

-- What people see of it: not the number, and nothing that only lines need.
local function view(cb)
  local call = 'null'
  if H.is_live(cb) then
    call = '{"id":"' .. cb.call .. '","agent":"' .. cb.agent .. '","stage":"' .. cb.stage .. '","since":' .. cb.since
      .. ',"connected_at":' .. H.json_number(cb.connected) .. ',"wish":' .. word(cb.wish) .. '}'
  end
  return '{"state":"' .. cb.state .. '","number":"' .. cb.shown .. '","line":"' .. cb.line .. '","from":'
    .. H.json_number(cb.from) .. ',"until":' .. H.json_number(cb['until']) .. ',"requested_at":' .. cb.at
    .. ',"tries":' .. cb.tries .. ',"next_at":' .. H.json_number(cb.next) .. ',"outcome":' .. word(cb.outcome)
    .. ',"call":' .. call .. '}'
end

-- The conversation and callback of a call of which somebody tells who may: its line, and, where the line has an
-- owner, nobody before that one (`epoch` is '' from a line that is called back on any gateway). Nothing otherwise.
function H.call_told_of(c, id, call, line, epoch)
  local v = H.load(c, id)
  local cb = v and H.callback(c, v)
  if H.is_live(cb) and cb.call == call and cb.line == line and (epoch == '' or cb.epoch == epoch) then
    return v, cb
  end
end

-- Changes fields of it at once: H.call_save(c, v, cb, 'stage', 'dialing', …).
function H.call_save(c, v, cb, ...)
  local given = { ... }
  for n = 1, #given, 2 do
    local value = given[n + 1]
    given[n + 1] = type(value) == 'number' and H.int(value) or value
    cb[given[n]] = given[n + 1]
  end
  redis.call('HSET', c.t .. 'callback:' .. v.id, unpack(given))
end

-- Changes fields that people see.
function H.call_change(c, v, cb, ...)
  H.call_save(c, v, cb, ...)
  local shown = view(cb)
  H.save(v, 'callback', shown)
  H.event(c, 'callback_changed', '"conversation":"' .. v.id .. '","contact":"' .. v.contact .. '","agent":'
    .. H.json_id(v.agent) .. ',"line":"' .. cb.line .. '","callback":' .. shown)
end

-- A call is wanted now: whoever keeps the line sees it.
function H.order_call(c, v, cb)
  local calls = tonumber(cb.calls) + 1
  redis.call('ZADD', c.t .. 'calls:' .. cb.line, H.int(c.now), v.id)
  H.cancel(c, 'c', v.id)
  H.call_change(c, v, cb, 'state', 'calling', 'calls', calls, 'call', 'call_' .. string.sub(v.id, 6) .. '_'
    .. H.int(calls), 'stage', 'ordered', 'epoch', '0', 'agent', v.agent, 'trace', '', 'wish', '', 'since', c.now,
    'rung', '', 'rang', '', 'connected', '', 'recording', '', 'next', '', 'remind', '')
end

-- Whoever gets a conversation that waited for a telephone is rung.
function H.call_on_assign(c, v)
  local cb = v.kind == 'p' and H.callback(c, v)
  if cb and cb.state == 'wanted' and not H.is_live(cb) then
    H.order_call(c, v, cb)
  end
end

-- What the line is to do with the call under way; it stands there until the call is over.
function H.steer(c, v, cb, wish)
  H.call_change(c, v, cb, 'wish', wish)
end

-- When a conversation that waits for a telephone may be rung; 0 for at once.
function H.wanted_from(c, v)
  local cb = v.kind == 'p' and H.callback(c, v)
  return H.is_wanted(cb) and tonumber(cb.from) or 0
end

-- The kind that a conversation has as soon as no agent holds it.
function H.next_kind(c, v)
  return H.is_wanted(H.callback(c, v)) and 'p' or v.door
end

-- No agent holds it now, and it stands in no lane.
function H.settle_kind(c, v)
  local kind = H.next_kind(c, v)
  if kind == v.kind then
    return
  end
  v.kind = kind
  if v.lane ~= '' then
    local lane = H.lane(v.lane)
    v.lane = H.lane_text(kind, lane.need .. '|' .. lane.only, lane.excluded)
  end
end

-- An agent let go of it: a call of theirs ends, and it waits for whom it needs from now on.
function H.call_on_release(c, v)
  local cb = H.callback(c, v)
  if H.is_live(cb) then
    H.steer(c, v, cb, 'hang_up')
  end
  H.settle_kind(c, v)
end

-- Nobody is to be rung any more; a call under way is ended by its line.
function H.end_callback(c, v, cb, outcome)
  redis.call('HDEL', c.t .. 'callback_numbers', cb.number)
  H.cancel(c, 'c', v.id)
  local wish = H.is_live(cb) and 'hang_up' or ''
  H.call_change(c, v, cb, 'state', 'over', 'outcome', outcome, 'wish', wish, 'next', '', 'remind', '')
end

-- A call is over. The callback is wanted still, unless it ended meanwhile.
function H.call_ended(c, v, cb, outcome, tries)
  redis.call('ZREM', c.t .. 'calls:' .. cb.line, v.id)
  local state = cb.state == 'over' and 'over' or 'wanted'
  H.call_change(c, v, cb, 'state', state, 'stage', 'ended', 'wish', '', 'trace', '', 'outcome', outcome, 'tries',
    tries)
end

-- The time of a callback is near: its contact is told once.
function H.remind(c, v)
  local cb = v and H.callback(c, v)
  if H.is_wanted(cb) then
    H.call_save(c, v, cb, 'remind', '')
    H.notice(c, v, '"code":"callback_reminder","at":' .. cb.from)
  end
end

-- Takes a conversation that nobody holds out of its place; gives the agent who was asked, if one was.
local function detach(c, v)
  if v.state == 'queued' then
    H.unwait(c, v)
  elseif v.state == 'offered' then
    local a = H.load_agent(c, v.agent)
    -- The agent counts as busy until the conversation has its place: what is due earlier comes first.
    H.unoffer(c, v, a)
    H.event(c, 'offer_withdrawn', '"conversation":"' .. v.id .. '","agent":"' .. a.id .. '"')
    return a
  elseif v.state == 'scheduled' then
    H.cancel_placed(c, 's', v)
  else
    H.cancel_placed(c, 'z', v)
    redis.call('SREM', c.t .. 'resting:' .. v.last, v.id)
  end
end

-- It waits by another kind from now on, or from a later time; its due time stays.
function H.wait_anew(c, v, from)
  local was, a = v.state, detach(c, v)
  H.settle_kind(c, v)
  redis.call('SADD', c.t .. 'queues', v.queue)
  if from ~= '' and tonumber(from) > c.now then
    H.save(v, 'lane', '')
    H.schedule(c, v, tonumber(from))
  elseif was == 'queued' or was == 'offered' then
    H.requeue(c, v, 'callback')
  else
    H.enter(c, v, 'callback')
  end
  if a then
    H.match_agent(c, a, 'released')
  end
end

-- Who is asked again for a conversation that they let go of: everyone else first.

local function set_excluded(v, excluded)
  local lane = H.lane(v.lane)
  H.save(v, 'lane', H.lane_text(lane.kind, lane.need .. '|' .. lane.only, excluded))
end

-- The agent is asked again for this conversation only after everyone else.
function H.exclude(v, agent)
  set_excluded(v, H.excluding(H.lane(v.lane).excluded, agent))
end

-- Was everybody asked who is at work and could take it, so that those who were excluded are next?
function H.everyone_was_asked(c, v)
  if H.lane(v.lane).excluded == '' then
    return false
  end
  local _, others = H.at_work(c, v)
  return others == 0
end

-- Nobody is excluded any more. The conversation stands in no lane now.
function H.ask_again(v)
  set_excluded(v, '')
end

-- Whoever says `ready` again is asked anew for what was declined or missed before. The conversations
-- keep their places and timers, since for everyone else nothing changes.
function H.ask_anew(c, a)
  local left = H.ASKED_ANEW_MAX
  for _, heads in ipairs({ c.t .. 'heads', c.t .. 'heads:' .. a.id }) do
    for _, lane in ipairs(redis.call('ZRANGE', heads, 0, H.LOOKED_AT_MAX - 1)) do
      if left > 0 and H.listed(H.lane(lane).excluded, a.id) then
        for _, id in ipairs(redis.call('ZRANGE', c.t .. 'lane:' .. lane, 0, left - 1)) do
          local v = H.load(c, id)
          H.lane_remove(c, v)
          set_excluded(v, H.without(H.lane(lane).excluded, a.id))
          H.lane_add(c, v)
          left = left - 1
        end
      end
    end
  end
end

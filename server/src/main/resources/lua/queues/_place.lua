-- @include queues/_park
--
-- The order of tasks of one band. Every fairness key has a lane; a task gets the tag at which its
-- lane goes on, or that of the first waiting task if that is further, and moves its lane on by the
-- cost of a turn. So lanes take turns, in proportion to their weights, and one that was empty is
-- not behind. A band's top is the end of its longest lane.

local UNIT = 1000

local function last_tag(q, band)
  local last = redis.call('ZRANGE', q.ready, '(' .. integer((band + 1) * BAND),
    integer(band * BAND), 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES')
  return last[2] and tonumber(last[2]) - band * BAND + UNIT or 0
end

-- Forgets some lanes of a band that no task has to wait behind any more.
local function forget_lanes(q, band, tag)
  local begin = 'lane' .. band .. '\n'
  local some = redis.call('HRANDFIELD', q.meta, 3, 'WITHVALUES')
  for i = 1, #some, 2 do
    if string.sub(some[i], 1, #begin) == begin and not q.lanes[some[i]]
      and tonumber(some[i + 1]) <= tag then
      redis.call('HDEL', q.meta, some[i])
    end
  end
end

-- Puts a task into the line.
local function place(q, id, priority, key, cost, due)
  local band = band_of(priority, due and key == '')
  local top, lane = 'top' .. band, 'lane' .. band .. '\n' .. key
  if not q.lanes[lane] then
    local found = redis.call('HMGET', q.meta, top, lane)
    q.lanes[top] = q.lanes[top] or tonumber(found[1] or last_tag(q, band))
    q.lanes[lane] = tonumber(found[2] or '0')
  end
  local tag = q.lanes[lane]
  if tag < q.lanes[top] then
    local first = first_tag(q, band) or q.lanes[top]
    tag = math.max(tag, first)
    if key ~= '' then
      forget_lanes(q, band, first)
    end
  end
  q.lanes[lane] = tag + cost
  q.lanes[top] = math.max(q.lanes[top], tag + cost)
  redis.call('ZADD', q.ready, integer(band * BAND + tag), id)
end

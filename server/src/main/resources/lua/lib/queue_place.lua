-- @include lib/queue_task
--
-- The order of tasks of one band. Every fairness key has a lane; a task gets the tag at which its
-- lane goes on, or that of the first waiting task if that is further, and moves its lane on by the
-- cost of a turn. So lanes take turns, in proportion to their weights, and one that was empty is
-- not behind. A band's top is the end of its longest lane.

local UNIT = 1000

local function band_of(priority, due)
  return 2 * (9 - priority) + (due and 0 or 1)
end

-- The tag of the first task of a band, or nil.
local function first_tag(q, band)
  local first = redis.call('ZRANGE', q.ready, integer(band * BAND),
    '(' .. integer((band + 1) * BAND), 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  return first[2] and tonumber(first[2]) - band * BAND
end

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

-- Puts the first task that waits for a lease of its key to the front of the line.
local function unpark(q, key)
  local range = {'[' .. key .. '\n', '[' .. key .. '\n\255'}
  local first = redis.call('ZRANGE', q.parked, range[1], range[2], 'BYLEX', 'LIMIT', 0, 1)[1]
  if first then
    redis.call('ZREM', q.parked, first)
    local band = tonumber(string.sub(first, #key + 2, #key + 3))
    local tag = first_tag(q, band) or 0
    redis.call('ZADD', q.ready, integer(band * BAND + tag), string.sub(first, #key + 4))
  end
end

-- How a task is written that waits for a lease of its key.
local function parked_as(id, head)
  return head.key .. '\n' .. string.format('%02d', band_of(head.priority, false)) .. id
end

local function park(q, id, head)
  redis.call('ZADD', q.parked, 0, parked_as(id, head))
end

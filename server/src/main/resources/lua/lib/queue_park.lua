-- @include lib/queue
--
-- Tasks that are held back because their fairness key has as many leases as it may.

local function band_of(priority, due)
  return 2 * (9 - priority) + (due and 0 or 1)
end

-- The tag of the first task of a band, or nil.
local function first_tag(q, band)
  local first = redis.call('ZRANGE', q.ready, integer(band * BAND),
    '(' .. integer((band + 1) * BAND), 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  return first[2] and tonumber(first[2]) - band * BAND
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

-- @include queues/_queue
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

-- Whether any tasks are held back.
local function holds_back(q)
  if q.holds_back == nil then
    q.holds_back = redis.call('EXISTS', q.parked) == 1
  end
  return q.holds_back
end

-- Puts the first task that waits for a lease of its key to the front of the line, if there is one.
local function unpark(q, key)
  local range = {'[' .. key .. '\n', '[' .. key .. '\n\255'}
  local first = redis.call('ZRANGE', q.parked, range[1], range[2], 'BYLEX', 'LIMIT', 0, 1)[1]
  if first then
    redis.call('ZREM', q.parked, first)
    local band = tonumber(string.sub(first, #key + 2, #key + 3))
    local tag = first_tag(q, band) or 0
    redis.call('ZADD', q.ready, integer(band * BAND + tag), string.sub(first, #key + 4))
  end
  return first
end

-- A task of a key is out of the way: the next one that was held back takes its turn. While tasks of
-- a key are held back, one is in line or leased; so the turn must not get lost.
local function pass_turn(q, key)
  local passed = key ~= '' and holds_back(q) and unpark(q, key)
  if passed then
    wake(q, 1)
  end
  return passed
end

-- How a task is written that waits for a lease of its key.
local function parked_as(id, head)
  return head.key .. '\n' .. string.format('%02d', band_of(head.priority, false)) .. id
end

local function park(q, id, head)
  q.holds_back = true
  redis.call('ZADD', q.parked, 0, parked_as(id, head))
end

-- Takes a lease of a key; false when it has as many as it may.
local function lease_key(q, key)
  local busy = 'busy\n' .. key
  local leases = redis.call('HINCRBY', q.meta, busy, 1)
  if q.per_key > 0 and leases > q.per_key then
    redis.call('HINCRBY', q.meta, busy, -1)
    return false
  end
  if leases ~= q.per_key and holds_back(q) and unpark(q, key) then
    q.unparked = true -- there is room for more: the limit was lower before
  end
  return true
end

-- @include queues/_task
--
-- Corrects the times that a queue stored while the clock of Redis was ahead.

local LONGEST_LEASE_MS = 86400000
local SCANNED = 100

-- A lease that ends later than the longest allowed one was made while the clock was ahead. It gets
-- the longest one, unless it is renewed.
local function shorten_leases(q)
  local longest = q.ms + LONGEST_LEASE_MS
  local ids = redis.call(
    'ZRANGE', q.leased, '(' .. integer(longest), '+inf', 'BYSCORE', 'LIMIT', 0, 100)
  for _, id in ipairs(ids) do
    redis.call('ZADD', q.leased, integer(longest), id)
  end
end

-- The longest that a task with this start may have to wait from now on, in ms, or nil when its start
-- says nothing about the clock. A failed task waits for the pause its worker wished or for its
-- backoff. An id is made of the time at which the task was added, so a delay is what lies between.
local function longest_delay(q, id, start)
  local found = redis.call('HMGET', q.tasks, id, '!' .. id)
  if not found[1] then
    return nil
  end
  local head = read_head(found[1])
  local task = found[2] and parse_task(found[2])
  if task and (task.mark == 'N' or task.mark == 'U') then
    return tonumber(string.sub(task.server, 2)) or math.ceil(head.cap * 1.1)
  end
  local added_us = tonumber(string.sub(id, 1, 13), 16)
  local delay = start - math.floor(added_us / 1000)
  return head.is_delayed and added_us > q.us and delay >= 0 and delay or nil
end

-- Lets tasks that were delayed by a duration start that long from now, some of them at each call.
-- 'righted' is how far this has come: a cursor of ZSCAN, or 'all'.
local function shorten_delays(q)
  if q.righted == 'all' then
    return
  end
  local page = redis.call('ZSCAN', q.delayed, q.righted or '0', 'COUNT', SCANNED)
  for i = 1, #page[2], 2 do
    local id, start = page[2][i], tonumber(page[2][i + 1])
    local delay = longest_delay(q, id, start)
    if delay and start > q.ms + delay then
      delay_until(q, id, q.ms + delay)
    end
  end
  q.righted = page[1] == '0' and 'all' or page[1]
  redis.call('HSET', q.meta, 'righted', q.righted)
end

-- @include queues/_park
-- @include queues/_task

local function first_time(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 'inf')
end

local MINUTE_US = 60000000
local LONGEST_LEASE_MS = 86400000

-- Leases that run longer than any may were made while the clock was ahead: they run as long as any
-- may, unless they are renewed. The numbers of the queue show that it was.
local function shorten_leases(q)
  local longest = q.ms + LONGEST_LEASE_MS
  local ids = redis.call(
    'ZRANGE', q.leased, '(' .. integer(longest), '+inf', 'BYSCORE', 'LIMIT', 0, 100)
  for _, id in ipairs(ids) do
    redis.call('ZADD', q.leased, integer(longest), id)
  end
end

-- Takes back tasks whose leases have ended and starts those that are due, some of each. What that
-- takes is only defined when there is something to do: here, because a lease is asked for often.
-- Returns when there is more.
local function catch_up(q)
  if q.last > q.us + MINUTE_US then
    shorten_leases(q)
  end
  local lease_end, due = first_time(q.leased), first_time(q.delayed)
  if math.min(lease_end, due) <= q.ms then
    -- @include queues/_promote
    q.caught_up = true
    end_old_leases(q)
    start_due(q)
    lease_end, due = first_time(q.leased), first_time(q.delayed)
  end
  return math.min(lease_end, due)
end

-- @include queues/_park
-- @include queues/_task

local MINUTE_US = 60000000

local function first_time(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 'inf')
end

-- Takes back tasks whose leases have ended and starts those that are due, some of each. What that
-- takes is only defined when there is something to do: here, because a lease is asked for often. A
-- last number in the future shows that the clock of Redis was ahead. Returns when there is more.
local function catch_up(q)
  if q.last > q.us + MINUTE_US then
    -- @include queues/_clock
    shorten_leases(q)
    shorten_delays(q)
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

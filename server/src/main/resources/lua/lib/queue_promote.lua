-- @include lib/queue_end
--
-- What time has done to a queue.

local AT_ONCE = 100

local function end_old_leases(q)
  local ids = redis.call('ZRANGE', q.leased, '-inf', integer(q.ms), 'BYSCORE', 'LIMIT', 0, AT_ONCE)
  for _, id in ipairs(ids) do
    local text = redis.call('HGET', q.tasks, '!' .. id)
    if text then
      abandon(q, id, parse_task(text), 'the lease ran out')
    else
      redis.call('ZREM', q.leased, id)
    end
  end
end

local function start_due(q)
  local ids = redis.call('ZRANGE', q.delayed, '-inf', integer(q.ms), 'BYSCORE', 'LIMIT', 0, AT_ONCE)
  local records = redis.call('HMGET', q.tasks, unpack(ids))
  redis.call('ZREM', q.delayed, unpack(ids))
  for i, id in ipairs(ids) do
    if records[i] then
      local head = read_head(records[i])
      place(q, id, head.priority, head.key, head.cost, true)
      tell(q, id)
    end
  end
end

-- The time of the first of a sorted set.
local function first_time(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 'inf')
end

-- Takes back tasks whose leases have ended and starts those that are due, some of each. Returns when
-- there is more to do.
local function promote(q)
  local lease_end = first_time(q.leased)
  if lease_end <= q.ms then
    end_old_leases(q)
    lease_end = first_time(q.leased)
  end
  local due = first_time(q.delayed)
  if due <= q.ms then
    start_due(q)
    due = first_time(q.delayed)
  end
  return math.min(lease_end, due)
end

-- @include queues/_place
-- @include queues/_end
--
-- What time has done to a queue: some of it, for there may be much.

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
  if #ids == 0 then
    return
  end
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

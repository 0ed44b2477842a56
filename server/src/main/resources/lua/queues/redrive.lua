-- Puts dead letters back to work.
--
-- KEYS[1] meta
-- KEYS[2] tasks
-- KEYS[3] ready
-- KEYS[4] delayed
-- KEYS[5] leased
-- KEYS[6] parked
-- KEYS[7] dead
-- KEYS[8] done
-- KEYS[9] finished
-- KEYS[10] waiters
-- ARGV[1] how many start per second, 0 for all at once
-- ARGV[2] 1 when it begins, 0 when it goes on
-- ARGV[3..] ids
--
-- Returns {redriven: integer}.
--
-- @include queues/_place
-- @include queues/_task
local q = open_queue(KEYS)
local rate, begins, ids = tonumber(ARGV[1]), ARGV[2] == '1', ARGV

local time = q.ms
if not begins then
  time = math.max(time, tonumber(redis.call('HGET', q.meta, 'redrive') or '0'))
end
local back = 0
for i = 3, #ids do
  local id = ids[i]
  local text = redis.call('HGET', q.tasks, '!' .. id)
  if text and redis.call('ZREM', q.dead, id) == 1 then
    local task, head = parse_task(text), read_head(redis.call('HGET', q.tasks, id))
    task.mark, task.budget, task.returns = 'G', task.attempts + head.attempts, 0
    write_task(q, id, task)
    if rate > 0 and back + (begins and 0 or 1) > 0 then
      time = time + 1000 / rate
    end
    if time > q.ms then
      delay_until(q, id, math.floor(time))
    else
      place(q, id, head.priority, head.key, head.cost, false)
    end
    back = back + 1
    tell(q, id)
  end
end
if begins then
  redis.call('HDEL', q.meta, 'redrive')
end
if back > 0 then
  redis.call('HSET', q.meta, 'redrive', integer(time))
  save_queue(q)
  wake(q, back)
end
return {back}

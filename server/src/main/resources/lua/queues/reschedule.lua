-- Sets when a task that waits starts.
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
-- ARGV[1] id
-- ARGV[2] when: '+' and ms from now, or '@' and a time in ms
--
-- Returns {start ms: integer}.
--
-- @include queues/_place
-- @include queues/_task
local q = open_queue(KEYS)
local id, start = ARGV[1], ARGV[2]

local found = redis.call('HMGET', q.tasks, id, '!' .. id)
local record, text = found[1], found[2]
if not record and redis.call('HEXISTS', q.done, id) == 0 then
  return redis.error_reply('TASK_NOT_FOUND the queue has no such task')
end
local task = text and parse_task(text)
if not record or task and is_leased(task) or redis.call('ZSCORE', q.dead, id) then
  return redis.error_reply('TASK_NOT_WAITING a worker has the task, or it has ended')
end
local head = read_head(record)
redis.call('ZREM', q.delayed, id)
if redis.call('ZREM', q.ready, id) == 1 then
  pass_turn(q, head.key)
end
redis.call('ZREM', q.parked, parked_as(id, head))
local ms = tonumber(string.sub(start, 2))
local time = math.max(q.ms, string.sub(start, 1, 1) == '+' and q.ms + ms or ms)
if task and (task.mark == 'N' or task.mark == 'U') then
  task.server = task.mark .. integer(time - q.ms)
  write_task(q, id, task)
end
if time > q.ms then
  delay_until(q, id, time)
else
  place(q, id, head.priority, head.key, head.cost, true)
  wake(q, 1)
end
tell(q, id)
save_queue(q)
return {time}

-- @include queues/_finish
-- @include queues/_errors
--
-- Ends of attempts.

local DEAD_MS = 2592000000
local DEAD_TASKS = 1000000
local RETURNS = 100

-- Keeps a task as a dead letter, and forgets very old ones.
local function bury(q, id, task, mark)
  task.mark = mark
  write_task(q, id, task)
  redis.call('ZADD', q.dead, integer(q.ms), id)
  count(q, 'dead', 1)
  local old = redis.call('ZRANGE', q.dead, '-inf', integer(q.ms - DEAD_MS), 'BYSCORE', 'LIMIT', 0, 10)
  if #old == 0 and redis.call('ZCARD', q.dead) > DEAD_TASKS then
    old = {redis.call('ZPOPMIN', q.dead)[1]}
  end
  if #old > 0 then
    redis.call('ZREM', q.dead, unpack(old))
    delete_tasks(q, old)
  end
  tell(q, id)
end

-- The worker of a task is gone, or was too slow: the attempt is used.
local function abandon(q, id, task, error)
  end_lease(q, id, task)
  add_error(q, id, task, error)
  count(q, 'failed', 1)
  if task.mark == 'C' then
    finish(q, id, task, 'C', '')
    delete_tasks(q, {id})
    forget_old(q, 1)
  elseif task.attempts >= task.budget then
    bury(q, id, task, 'A')
  else
    task.mark = 'G'
    write_task(q, id, task)
    redis.call('ZADD', q.ready, task.score, id)
    tell(q, id)
  end
end

-- @include queues/_end
--
-- Takes back tasks from workers that are gone.

-- One that nobody has begun keeps its place and its attempt, unless that has happened too often.
local function give_back(q, id, task, begun)
  if begun or task.returns >= RETURNS or task.mark == 'C' then
    abandon(q, id, task, 'the worker went away')
    return
  end
  end_lease(q, id, task)
  task.attempts, task.returns, task.mark = task.attempts - 1, task.returns + 1, 'G'
  write_task(q, id, task)
  redis.call('ZADD', q.ready, task.score, id)
  tell(q, id)
end

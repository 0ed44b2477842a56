-- @include queues/_task
--
-- Finds the tasks that callers say they have.

-- Reads what became of tasks.
local function read_tasks(q, ids)
  local fields = {}
  for i, id in ipairs(ids) do
    fields[i] = '!' .. id
  end
  local texts = redis.call('HMGET', q.tasks, unpack(fields))
  local tasks = {}
  for i, text in ipairs(texts) do
    tasks[i] = text and parse_task(text)
  end
  return tasks
end

-- Whether the lease with this fence is the task's.
local function holds(task, fence)
  return task and task.fence == fence and is_leased(task)
end

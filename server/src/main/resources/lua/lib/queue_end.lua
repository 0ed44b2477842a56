-- @include lib/queue_errors
-- @include lib/queue_place
--
-- Ends of leases and of tasks.

local DONE_MS = 691200000
local DONE_TASKS = 100000
local DEAD_MS = 2592000000
local DEAD_TASKS = 1000000
local RETURNS = 100

-- Ends the lease of a task; who waits for it because of a limit gets its place.
local function end_lease(q, id, task)
  redis.call('ZREM', q.leased, id)
  if task.key ~= '' then
    local busy = 'busy\n' .. task.key
    if redis.call('HINCRBY', q.meta, busy, -1) <= 0 then
      redis.call('HDEL', q.meta, busy)
    end
    if q.per_key > 0 then
      unpark(q, task.key)
    end
  end
  if q.leases > 0 or q.per_key > 0 then
    wake(q, 1)
  end
end

-- Remembers how a task ended: state, attempts, fence, time in ms, split by single spaces; then, a
-- line feed before each, key, kind, bytes of the errors; errors and result.
local function remember(q, id, task, state, retention, result)
  local errors = redis.call('HGET', q.tasks, '?' .. id) or ''
  redis.call('HSET', q.done, id, table.concat({
    state .. ' ' .. task.attempts .. ' ' .. task.fence .. ' ' .. integer(q.ms),
    task.key, task.kind, #errors .. '\n' .. errors .. result,
  }, '\n'))
  redis.call('ZADD', q.finished, integer(q.ms + retention), id)
end

-- Forgets what ended long ago, and keeps what is remembered for as long as it may have to be.
local function forget_old(q)
  local old = redis.call('ZRANGE', q.finished, '-inf', integer(q.ms), 'BYSCORE', 'LIMIT', 0, 200)
  local extra = redis.call('ZCARD', q.finished) - #old - DONE_TASKS
  if #old > 0 then
    redis.call('ZREM', q.finished, unpack(old))
    redis.call('HDEL', q.done, unpack(old))
  end
  if extra > 0 then
    local popped = redis.call('ZPOPMIN', q.finished, math.min(extra, 1000))
    for i = 1, #popped, 2 do
      redis.call('HDEL', q.done, popped[i])
    end
  end
  redis.call('PEXPIRE', q.finished, DONE_MS)
  redis.call('PEXPIRE', q.done, DONE_MS)
end

-- Ends a task for ever. Who calls this deletes it afterwards, and calls forget_old.
local function finish(q, id, task, state, retention, result)
  if retention > 0 then
    remember(q, id, task, state, retention, result)
  end
  if state == 'D' then
    count(q, 'done', 1)
  end
  tell(q, id)
end

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
  add_error(q, id, task.attempts, error)
  count(q, 'failed', 1)
  if task.mark == 'C' then
    local record = redis.call('HGET', q.tasks, id)
    finish(q, id, task, 'C', read_head(record).retention, '')
    delete_tasks(q, {id})
    forget_old(q)
  elseif task.attempts >= task.budget then
    bury(q, id, task, 'A')
  else
    task.mark = 'G'
    write_task(q, id, task)
    redis.call('ZADD', q.ready, task.score, id)
    tell(q, id)
  end
end

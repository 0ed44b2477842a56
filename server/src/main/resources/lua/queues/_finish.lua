-- @include queues/_park
-- @include queues/_task
--
-- Ends of leases, and of tasks that are done or cancelled.

local DONE_MS = 691200000
local DONE_TASKS = 100000

-- Ends the lease of a task; who waits for it because of a limit gets its place.
local function end_lease(q, id, task)
  redis.call('ZREM', q.leased, id)
  if task.key ~= '' then
    local busy = 'busy\n' .. task.key
    if redis.call('HINCRBY', q.meta, busy, -1) <= 0 then
      redis.call('HDEL', q.meta, busy)
    end
  end
  if not pass_turn(q, task.key) and q.leases > 0 then
    wake(q, 1)
  end
end

-- Remembers how a task ended: state, attempts, fence, time in ms, split by single spaces; then, a
-- line feed before each, key, kind, bytes of the errors; errors and result.
local function remember(q, id, task, state, result)
  local errors = task.more == '1' and redis.call('HGET', q.tasks, '?' .. id) or ''
  redis.call('HSET', q.done, id, table.concat({
    state .. ' ' .. task.attempts .. ' ' .. task.fence .. ' ' .. integer(q.ms),
    task.key, task.kind, #errors .. '\n' .. errors .. result,
  }, '\n'))
  redis.call('ZADD', q.finished, integer(q.ms + task.retention), id)
end

-- Forgets what ended long ago, and keeps what is remembered for as long as it may have to be. Once
-- a minute and now and then is often enough.
local function forget_old(q, ended)
  local minute = math.floor(q.ms / 60000)
  if ended < 10 and q.us % 16 > 0 and q.tidied == minute then
    return
  end
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
  if redis.call('PEXPIRE', q.done, DONE_MS) == 1 then
    redis.call('HSET', q.meta, 'tidied', integer(minute))
  end
end

-- Ends a task for ever. Who calls this deletes it afterwards, and calls forget_old.
local function finish(q, id, task, state, result)
  if task.retention ~= '0' then
    remember(q, id, task, state, result)
  end
  if state == 'D' then
    count(q, 'done', 1)
  end
  tell(q, id)
end

-- @include queues/_queue
--
-- How tasks are written.
--
-- The head of a task: priority, 128 more when the payload stands apart, 64 more when it is a text and
-- 32 more when the task was added with a delay;
-- cost of its turn (see queues/_place), most attempts; of the backoff
-- multiplier, first and longest pause in ms; timeout in ms or 0, retention in ms, lengths of key and
-- kind. Key, kind and payload follow.
--
-- What became of a task, split by single spaces: attempts begun, attempts it may have, times it was
-- given back unbegun, fence of the newest lease, mark, score in 'ready', time in ms by which the attempt
-- has to be over or 0, retention in ms, 1 when there are fields of the task beside these two or 0,
-- who has it: a server, or '-' for one that is not to be told about it, then '/' and the call that
-- leased it or took it over; of nacked ones what was wanted (see nack); then, a line feed before each,
-- key and kind.
-- Marks: L leased, C leased and asked to stop, N nacked, G given back; and of dead ones F failed, A
-- abandoned, R rejected, U of a kind nobody knew.

local HEAD = '>BI2I2BI4I4I4I4I2I2'
local HEAD_BYTES = 26

local function read_head(record)
  local head = {}
  head.priority, head.cost, head.attempts, head.multiplier, head.initial, head.cap, head.timeout,
    head.retention, head.key_bytes, head.kind_bytes = struct.unpack(HEAD, record)
  local kind = HEAD_BYTES + 1 + head.key_bytes
  head.long = head.priority >= 128
  head.is_delayed = head.priority % 64 >= 32
  head.priority = head.priority % 32
  head.key = string.sub(record, HEAD_BYTES + 1, kind - 1)
  head.kind = string.sub(record, kind, kind + head.kind_bytes - 1)
  return head
end

local function parse_task(text)
  local task = {}
  task.attempts, task.budget, task.returns, task.fence, task.mark, task.score, task.limit,
    task.retention, task.more, task.server, task.key, task.kind = string.match(
    text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)\n([^\n]*)\n(.*)$')
  task.attempts, task.budget = tonumber(task.attempts), tonumber(task.budget)
  task.returns = tonumber(task.returns)
  return task
end

local function task_text(task)
  return task.attempts .. ' ' .. task.budget .. ' ' .. task.returns .. ' ' .. task.fence .. ' '
    .. task.mark .. ' ' .. task.score .. ' ' .. task.limit .. ' ' .. task.retention .. ' '
    .. task.more .. ' ' .. task.server .. '\n' .. task.key .. '\n' .. task.kind
end

local function write_task(q, id, task)
  redis.call('HSET', q.tasks, '!' .. id, task_text(task))
end

local function is_leased(task)
  return task.mark == 'L' or task.mark == 'C'
end

-- Deletes all there is of tasks.
local function delete_tasks(q, ids)
  for from = 1, #ids, 500 do
    local fields = {}
    for i = from, math.min(from + 499, #ids) do
      local id = ids[i]
      local n = #fields
      fields[n + 1], fields[n + 2], fields[n + 3], fields[n + 4], fields[n + 5] =
        id, '!' .. id, '#' .. id, '?' .. id, '%' .. id
    end
    redis.call('HDEL', q.tasks, unpack(fields))
  end
  q.size = math.max(0, q.size - #ids)
end

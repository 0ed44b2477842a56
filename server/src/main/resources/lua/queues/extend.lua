-- Sets how long leases still run.
--
-- Goes first.
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
-- ARGV[1] lease in ms
-- ARGV[2] who has these tasks from now on (see queues/_task), '' to leave that as it is
-- ARGV[3..] for each task: id, fence, how far it is or ''
--
-- Returns {(lease end ms: integer, cancelled: flag)…}: for each task; the end is 0 when it is not leased
-- with this fence, and cancelled tells whether it is asked to stop.
--
-- @include queues/_leased
local q = open_queue(KEYS)
local lease, holder, items = tonumber(ARGV[1]), ARGV[2], ARGV

local ids = {}
for i = 3, #items, 3 do
  ids[#ids + 1] = items[i]
end
local tasks = read_tasks(q, ids)
local answer, late = {}, {}
for i, id in ipairs(ids) do
  local fence, text, task = items[3 * i + 1], items[3 * i + 2], tasks[i]
  local expire = 0
  if holds(task, fence) and task.limit ~= '0' and tonumber(task.limit) <= q.ms then
    late[id] = task
  elseif holds(task, fence) then
    expire = q.ms + lease
    if task.limit ~= '0' then
      expire = math.min(expire, tonumber(task.limit))
    end
    redis.call('ZADD', q.leased, integer(expire), id)
    if holder ~= '' and holder ~= task.server or text ~= '' and task.more == '0' then
      task.server = holder ~= '' and holder or task.server
      task.more = text ~= '' and '1' or task.more
      write_task(q, id, task)
    end
    if text ~= '' then
      redis.call('HSET', q.tasks, '%' .. id, text)
      tell(q, id)
    end
  end
  answer[2 * i - 1] = expire
  answer[2 * i] = expire > 0 and task.mark == 'C' and 1 or 0
end
if next(late) then
  -- @include queues/_end
  for id, task in pairs(late) do
    abandon(q, id, task, 'the attempt took too long')
    wake(q, 1)
  end
  save_queue(q)
end
return answer

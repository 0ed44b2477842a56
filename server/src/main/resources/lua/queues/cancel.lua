-- Cancels a task, or asks its worker to stop.
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
--
-- Returns {state: text}: C cancelled, L asked to stop, D done, X dead.
--
-- @include queues/_finish
local q = open_queue(KEYS)
local id = ARGV[1]

local found = redis.call('HMGET', q.tasks, id, '!' .. id)
local record, text = found[1], found[2]
if not record then
  local before = redis.call('HGET', q.done, id)
  if not before then
    return redis.error_reply('TASK_NOT_FOUND the queue has no such task')
  end
  return {string.sub(before, 1, 1)}
end
local task = text and parse_task(text)
if task and is_leased(task) then
  if task.mark == 'L' then
    task.mark = 'C'
    write_task(q, id, task)
    tell(q, id)
  end
  local server = string.match(task.server, '^[^/]+')
  if server ~= '-' then
    redis.call('SPUBLISH', channel(q, 'hints:') .. server, 'cancel ' .. id)
  end
  return {'L'}
end
if redis.call('ZSCORE', q.dead, id) then
  return {'X'}
end
local head = read_head(record)
redis.call('ZREM', q.delayed, id)
if redis.call('ZREM', q.ready, id) == 1 then
  pass_turn(q, head.key)
end
redis.call('ZREM', q.parked, parked_as(id, head))
task = task or {
  attempts = 0, fence = '0', key = head.key, kind = head.kind, more = '0',
  retention = integer(head.retention),
}
finish(q, id, task, 'C', '')
delete_tasks(q, {id})
forget_old(q, 1)
save_queue(q)
return {'C'}

-- Runs a schedule once: adds its task, or leaves the run out. Or corrects when it runs next.
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
-- KEYS[11] schedules
-- ARGV[1] name
-- ARGV[2] the run in ms; nothing happens when another one is next
-- ARGV[3] the run after that in ms, 0 for none
-- ARGV[4] definition
-- ARGV[5] 1 to add the task, 2 unless the one before has not ended, 0 to leave the run out, 3 when
-- this is no run: the clock was ahead when it was said to be next
-- ARGV[6] end of the id
-- ARGV[7] as what the task is added
-- ARGV[8] payload when it is not part of that, or ''
--
-- Returns {ran: flag}: whether this was the next run.
--
-- @include queues/_place
-- @include queues/_task
local q, schedules = open_queue(KEYS), KEYS[11]
local name, run, next_run, definition, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ending, record, payload = ARGV[6], ARGV[7], ARGV[8]

local before = redis.call('HGET', schedules, name) or ''
local known_next, last, task, known = string.match(before, '^(%S+) (%S+) (%S+)\n(.*)$')
if known_next ~= run or known ~= definition then
  return {0}
end
local unfinished = redis.call('HEXISTS', q.tasks, task) == 1 and not redis.call('ZSCORE', q.dead, task)
local adds = mode == '1' or mode == '2' and not unfinished
if q.size >= q.most then
  adds = false
end
local id = ''
if adds then
  id = string.format('%013x', next_number(q)) .. ending
  redis.call('HSET', q.tasks, id, record)
  if payload ~= '' then
    redis.call('HSET', q.tasks, '#' .. id, payload)
  end
  local head = read_head(record)
  place(q, id, head.priority, head.key, head.cost, true)
  q.size = q.size + 1
  count(q, 'enqueued', 1)
  save_queue(q)
  wake(q, 1)
end
if mode ~= '3' then
  last = run
elseif tonumber(last) > q.ms then
  last = '0'
end
redis.call('HSET', schedules, name,
  next_run .. ' ' .. last .. ' ' .. (adds and id or task) .. '\n' .. definition)
return {1}

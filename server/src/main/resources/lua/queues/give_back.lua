-- Takes back tasks whose worker is gone.
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
-- ARGV[1..] for each task: id, fence, 1 when the work had begun or 0, who gives it back: nothing
-- happens when it has been taken over; '' for whoever has it
--
-- Returns {taken back: integer}.
--
-- @include queues/_leased
-- @include queues/_give_back
local q = open_queue(KEYS)
local items = ARGV

local back = 0
for i = 1, #items, 4 do
  local id, fence, begun, holder = items[i], items[i + 1], items[i + 2] == '1', items[i + 3]
  local text = redis.call('HGET', q.tasks, '!' .. id)
  local task = text and parse_task(text)
  if holds(task, fence) and (holder == '' or holder == task.server) then
    back = back + 1
    give_back(q, id, task, begun)
  end
end
if back > 0 then
  save_queue(q)
  wake(q, back)
end
return {back}

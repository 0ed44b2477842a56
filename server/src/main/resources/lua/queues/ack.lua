-- Ends tasks that are done.
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
-- ARGV[1..] for each task: id, fence, result
--
-- Returns {state: D, or '' when it is not leased with this fence, for each task}.
--
-- @include lib/queue_leased
local q = open_queue(KEYS)
local items = ARGV

local ids = {}
for i = 1, #items, 3 do
  ids[#ids + 1] = items[i]
end
local tasks = read_tasks(q, ids)
local records = redis.call('HMGET', q.tasks, unpack(ids))
local answer, ended, leases = {}, {}, {}
for i, id in ipairs(ids) do
  local fence, task = items[3 * i - 1], tasks[i]
  answer[i] = ''
  if holds(task, fence) and not ended[id] then
    ended[id] = true
    leases[#leases + 1] = id
    end_lease(q, id, task)
    finish(q, id, task, 'D', read_head(records[i]).retention, items[3 * i])
    answer[i] = 'D'
  elseif not task then
    -- Perhaps a repetition: then it is done with this very fence.
    local before = redis.call('HGET', q.done, id)
    if before and string.match(before, '^D %S+ (%S+) ') == fence then
      answer[i] = 'D'
    end
  end
end
if #leases > 0 then
  delete_tasks(q, leases)
  forget_old(q)
  save_queue(q)
end
return answer

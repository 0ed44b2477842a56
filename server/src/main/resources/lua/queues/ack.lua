-- Ends tasks that are done.
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
-- ARGV[1..] for each task: id, fence, result
--
-- Returns {(state: text)…}: for each task D, or '' when it is not leased with this fence.
--
-- @include queues/_leased
-- @include queues/_finish
local q = open_queue(KEYS)
local items = ARGV

local ids = {}
for i = 1, #items, 3 do
  ids[#ids + 1] = items[i]
end
local tasks = read_tasks(q, ids)
local answer, ended, bare, others = {}, {}, {}, {}
for i, id in ipairs(ids) do
  local fence, task = items[3 * i - 1], tasks[i]
  answer[i] = ''
  if holds(task, fence) and not ended[id] then
    ended[id] = true
    if task.more == '1' then
      others[#others + 1] = id
    else
      bare[#bare + 1] = id
      bare[#bare + 1] = '!' .. id
    end
    end_lease(q, id, task)
    finish(q, id, task, 'D', items[3 * i])
    answer[i] = 'D'
  elseif not task then
    -- Perhaps a repetition: then it is done with this very fence and this result.
    local before = redis.call('HGET', q.done, id) or ''
    local known, bytes, rest = string.match(
      before, '^D %S+ (%S+) %S+\n[^\n]*\n[^\n]*\n(%d+)\n(.*)$')
    if known == fence and string.sub(rest, bytes + 1) == items[3 * i] then
      answer[i] = 'D'
    end
  end
end
if #bare > 0 then
  redis.call('HDEL', q.tasks, unpack(bare))
  q.size = math.max(0, q.size - #bare / 2)
end
delete_tasks(q, others)
if #bare + #others > 0 then
  forget_old(q, #bare / 2 + #others)
  save_queue(q)
end
return answer

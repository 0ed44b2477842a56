-- Notes that attempts failed.
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
-- ARGV[1..] for each task: id, fence, how long until it is tried again in ms or '' for its backoff,
-- mark: N to try it again, R when it is dead, U when its kind is not known; error
--
-- Returns {(state: text)…}: for each task Y delayed, X dead, C cancelled, or '' when it is not leased
-- with this fence.
--
-- @include queues/_leased
-- @include queues/_end
local q = open_queue(KEYS)
local items = ARGV

local FIELDS = 5

local function backoff(id, attempt)
  local head = read_head(redis.call('HGET', q.tasks, id))
  local pause = math.min(head.cap, head.initial * head.multiplier ^ math.min(attempt - 1, 100))
  return math.floor(pause + pause * (q.us % 1000) / 10000)
end

-- What was wanted, in a word: it stands in place of who has the task.
local function wish(after, mark)
  return mark .. (after == '' and '-' or after)
end

local function fail(id, task, after, mark)
  task.server = wish(after, mark)
  if task.mark == 'C' then
    finish(q, id, task, 'C', '')
    delete_tasks(q, {id})
    forget_old(q, 1)
    return 'C'
  end
  if mark == 'R' or task.attempts >= task.budget then
    bury(q, id, task, mark == 'N' and 'F' or mark)
    return 'X'
  end
  task.mark = mark
  write_task(q, id, task)
  local pause = after == '' and backoff(id, task.attempts) or tonumber(after)
  delay_until(q, id, q.ms + pause)
  tell(q, id)
  return 'Y'
end

local answer = {}
local changed = false
for i = 1, #items, FIELDS do
  local id, fence = items[i], items[i + 1]
  local text = redis.call('HGET', q.tasks, '!' .. id)
  local task = text and parse_task(text)
  if holds(task, fence) then
    changed = true
    end_lease(q, id, task)
    add_error(q, id, task, items[i + 4])
    count(q, 'failed', 1)
    answer[#answer + 1] = fail(id, task, items[i + 2], items[i + 3])
  elseif task and task.fence == fence and string.find('NURF', task.mark, 1, true)
    and task.server == wish(items[i + 2], items[i + 3]) then
    -- A repetition; who wants something else now comes too late.
    answer[#answer + 1] = string.find('NU', task.mark, 1, true) and 'Y' or 'X'
  else
    answer[#answer + 1] = ''
  end
end
if changed then
  save_queue(q)
end
return answer

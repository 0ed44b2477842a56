-- Takes back what calls have leased that cannot tell anybody about it, one page of the leased tasks at
-- a time. Calls that are carried out only after the first page lease nothing.
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
-- ARGV[1] where to go on: 0 at first
-- ARGV[2..] the calls
--
-- Returns {next: text, taken back: integer}: where to go on, 0 at the end.
--
-- @include queues/_leased
-- @include queues/_give_back
local q = open_queue(KEYS)
local from, calls = ARGV[1], ARGV

local SCANNED = 200
local LOST_MS = 300000
local LOST_BYTES = 16000

-- The field 'lost' is until when it counts, in ms, then each call with '/' before and after it. When there
-- are too many the oldest are forgotten.
local function refuse_late_ones()
  local known = q.lost and string.match(q.lost, '/.*') or '/'
  for i = 2, #calls do
    if not string.find(known, '/' .. calls[i] .. '/', 1, true) then
      known = known .. calls[i] .. '/'
    end
  end
  if #known > LOST_BYTES then
    known = string.match(string.sub(known, -LOST_BYTES), '/.*')
  end
  q.lost = integer(q.ms + LOST_MS) .. known
  redis.call('HSET', q.meta, 'lost', q.lost)
end

if from == '0' then
  refuse_late_ones()
end
local is_lost, back = {}, 0
for i = 2, #calls do
  is_lost[calls[i]] = true
end
local page = redis.call('ZSCAN', q.leased, from, 'COUNT', SCANNED)
for i = 1, #page[2], 2 do
  local id = page[2][i]
  local text = redis.call('HGET', q.tasks, '!' .. id)
  -- Most are of others: they are not taken apart.
  local task = text and is_lost[string.match(text, '^[^\n]*/(%S+)\n')] and parse_task(text)
  if task and is_leased(task) then
    give_back(q, id, task, false)
    back = back + 1
  end
end
if from == '0' or back > 0 then
  save_queue(q)
  wake(q, back)
end
return {page[1], back}

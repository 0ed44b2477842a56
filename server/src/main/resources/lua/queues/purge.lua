-- Deletes tasks.
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
-- ARGV[1] states: letters of R ready, Y delayed, X dead, D done
-- ARGV[2] how many at most
--
-- Returns {purged: integer, more: flag}: how many were deleted, and whether there may be more.
--
-- @include queues/_task
local q = open_queue(KEYS)
local states, most = ARGV[1], tonumber(ARGV[2])

local gone = 0

local function take(key)
  local popped, ids = redis.call('ZPOPMIN', key, most - gone), {}
  for i = 1, #popped, 2 do
    ids[#ids + 1] = popped[i]
  end
  gone = gone + #ids
  return ids
end

local function delete_all(key)
  if gone < most then
    local ids = take(key)
    for i, id in ipairs(ids) do
      ids[i] = key == q.parked and string.sub(string.match(id, '\n(.*)$'), 3) or id
      tell(q, ids[i])
    end
    delete_tasks(q, ids)
  end
end

if string.find(states, 'R') then
  -- Those held back first: they wait for turns of ready ones.
  delete_all(q.parked)
  delete_all(q.ready)
end
if string.find(states, 'Y') then
  delete_all(q.delayed)
end
if string.find(states, 'X') then
  delete_all(q.dead)
end
if string.find(states, 'D') and gone < most then
  local ids = take(q.finished)
  if #ids > 0 then
    redis.call('HDEL', q.done, unpack(ids))
  end
end
save_queue(q)
return {gone, gone == most and 1 or 0}

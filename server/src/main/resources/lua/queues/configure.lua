-- Sets the settings of a queue.
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
-- ARGV[1..] pairs of a setting and its value, '' for the default
--
-- Returns {new: flag, paused: flag}: whether nobody had used the queue, and whether it was paused.
--
-- @include queues/_park
local q = open_queue(KEYS)
local settings = ARGV

local answer = {1 - redis.call('EXISTS', q.meta), q.paused and 1 or 0}

for i = 1, #settings, 2 do
  if settings[i + 1] == '' then
    redis.call('HDEL', q.meta, settings[i])
  else
    redis.call('HSET', q.meta, settings[i], settings[i + 1])
  end
end
-- What was held back by the old limits is looked at anew.
local held = redis.call('ZRANGE', q.parked, 0, 999)
for _, entry in ipairs(held) do
  unpark(q, string.match(entry, '^[^\n]*'))
end
q = open_queue(KEYS)
if q.configured then
  redis.call('PERSIST', q.meta)
elseif q.size == 0 then
  redis.call('PEXPIRE', q.meta, IDLE_MS)
end
wake(q, 100)
return answer

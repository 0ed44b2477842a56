-- Tells which schedules have to be looked at.
--
-- Reads only.
--
-- KEYS[1] index
-- ARGV[1] how many ms ahead
-- ARGV[2] how many at most
--
-- Returns {time in ms; schedule, ms until it is to be looked at, when as it is noted; for each}.
--
-- @include lib/integer
-- @include lib/time
local index = KEYS[1]
local ahead, most = tonumber(ARGV[1]), ARGV[2]

local now = math.floor(microseconds() / 1000)
local due = redis.call(
  'ZRANGE', index, '-inf', integer(now + ahead), 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
local answer = {now}
for i = 1, #due, 2 do
  answer[#answer + 1] = due[i]
  answer[#answer + 1] = math.max(0, tonumber(due[i + 1]) - now)
  answer[#answer + 1] = due[i + 1]
end
return answer

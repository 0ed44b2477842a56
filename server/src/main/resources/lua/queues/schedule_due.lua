-- Tells which schedules have to be looked at, and those noted for later than any may be: the clock
-- was ahead when they were.
--
-- Reads only.
--
-- KEYS[1] index
-- ARGV[1] how many ms ahead
-- ARGV[2] how many at most
-- ARGV[3] in how many ms one is looked at again at the latest
--
-- Returns {(schedule: text, due in ms: integer, noted: real)…}: each with the time as it is noted.
--
-- @include lib/integer
-- @include lib/time
local index = KEYS[1]
local ahead, most, latest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local now = math.floor(microseconds() / 1000)
local due = redis.call(
  'ZRANGE', index, '-inf', integer(now + ahead), 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
local astray = redis.call('ZRANGE', index, '(' .. integer(now + latest), '+inf', 'BYSCORE',
  'LIMIT', 0, most - #due / 2, 'WITHSCORES')
local answer = {}
for i = 1, #due, 2 do
  answer[#answer + 1] = due[i]
  answer[#answer + 1] = math.max(0, tonumber(due[i + 1]) - now)
  answer[#answer + 1] = due[i + 1]
end
for i = 1, #astray, 2 do
  answer[#answer + 1] = astray[i]
  answer[#answer + 1] = 0
  answer[#answer + 1] = astray[i + 1]
end
return answer

-- Notes when a schedule has to be looked at next.
--
-- KEYS[1] index
-- KEYS[2] names
-- ARGV[1] schedule
-- ARGV[2] time in ms; '' when there is no such schedule
-- ARGV[3] what was noted when it was looked at: what has been noted since stays
-- ARGV[4] in how many ms it is looked at again at the latest
--
-- Returns {noted: flag}.
--
-- @include lib/integer
-- @include lib/time
local index, names = KEYS[1], KEYS[2]
local schedule, time, looked, latest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('ZSCORE', index, schedule) ~= looked then
  return {0}
end
if time == '' then
  redis.call('ZREM', index, schedule)
  redis.call('ZREM', names, string.match(schedule, '\n(.*)$'))
else
  local now = math.floor(microseconds() / 1000)
  redis.call('ZADD', index, integer(math.min(tonumber(time), now + latest)), schedule)
end
return {1}

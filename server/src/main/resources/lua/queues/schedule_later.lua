-- Notes when a schedule has to be looked at next.
--
-- KEYS[1] index
-- KEYS[2] names
-- ARGV[1] schedule
-- ARGV[2] time in ms; '' when there is no such schedule
-- ARGV[3] what was noted when it was looked at: what has been noted since stays
--
-- Returns {1 when it was noted or 0}.
local index, names = KEYS[1], KEYS[2]
local schedule, time, looked = ARGV[1], ARGV[2], ARGV[3]

if redis.call('ZSCORE', index, schedule) ~= looked then
  return {0}
end
if time == '' then
  redis.call('ZREM', index, schedule)
  redis.call('ZREM', names, string.match(schedule, '\n(.*)$'))
else
  redis.call('ZADD', index, time, schedule)
end
return {1}

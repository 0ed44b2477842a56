-- Notes that a schedule has to be looked at now. The time is another one than was noted before:
-- who looked because of that does not overwrite this (see schedule_later).
--
-- KEYS[1] index
-- KEYS[2] names: queue, line feed and name of each schedule of the namespace
-- ARGV[1] schedule
-- ARGV[2] how many there may be in the namespace
--
-- Returns {now ms: integer}.
--
-- @include lib/integer
-- @include lib/time
local index, names = KEYS[1], KEYS[2]
local schedule, most = ARGV[1], tonumber(ARGV[2])

local noted = redis.call('ZSCORE', index, schedule)
if not noted and redis.call('ZCARD', names) >= most then
  return redis.error_reply('SCHEDULES_FULL the namespace has ' .. integer(most) .. ' schedules, as many as may be')
end
redis.call('ZADD', names, 0, string.match(schedule, '\n(.*)$'))
local now = math.floor(microseconds() / 1000)
redis.call('ZADD', index, integer(noted and tonumber(noted) == now and now - 1 or now), schedule)
return {now}

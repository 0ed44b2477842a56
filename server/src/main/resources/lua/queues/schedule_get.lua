-- Tells about a schedule.
--
-- Reads only.
--
-- KEYS[1] schedules
-- ARGV[1] name
--
-- Returns {schedule: bytes, now ms: integer}; the schedule is as schedule_put writes it, '' when there
-- is none.
--
-- @include lib/time
local schedules = KEYS[1]
local name = ARGV[1]

return {redis.call('HGET', schedules, name) or '', math.floor(microseconds() / 1000)}

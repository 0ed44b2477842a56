-- Tells about a schedule.
--
-- Reads only.
--
-- KEYS[1] schedules
-- ARGV[1] name
--
-- Returns {schedule, see schedule_put, or ''; time in ms}.
--
-- @include lib/time
local schedules = KEYS[1]
local name = ARGV[1]

return {redis.call('HGET', schedules, name) or '', math.floor(microseconds() / 1000)}

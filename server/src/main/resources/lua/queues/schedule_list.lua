-- Lists the schedules of a queue.
--
-- Reads only.
--
-- KEYS[1] schedules
-- ARGV[1] how many at most
--
-- Returns {name, schedule, see schedule_put; for each}.
local schedules = KEYS[1]
local most = ARGV[1]

return redis.call('HRANDFIELD', schedules, most, 'WITHVALUES')

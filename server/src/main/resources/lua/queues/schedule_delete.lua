-- Ends a schedule.
--
-- KEYS[1] schedules
-- ARGV[1] name
--
-- Returns {done: flag}.
local schedules = KEYS[1]
local name = ARGV[1]

if redis.call('HDEL', schedules, name) == 0 then
  return redis.error_reply('SCHEDULE_NOT_FOUND the queue has no such schedule')
end
return {1}

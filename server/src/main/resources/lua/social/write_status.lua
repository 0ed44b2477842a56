-- Writes a status. Until it is delivered it is kept for a week.
--
-- KEYS[1] status
-- ARGV[1] value
--
-- Returns {written: flag}.
local key = KEYS[1]
local value = ARGV[1]

return {redis.call('SET', key, value, 'NX', 'PX', 604800000) and 1 or 0}

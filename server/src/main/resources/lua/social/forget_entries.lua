-- Takes entries out of a timeline whose statuses are gone.
--
-- KEYS[1] timeline
-- ARGV[1..] entries
--
-- Returns {removed: integer}.
local timeline = KEYS[1]
local entries = ARGV

return {redis.call('ZREM', timeline, unpack(entries))}

-- Counts up.
--
-- KEYS[1] counter
--
-- Returns {count: integer}.
local counter = KEYS[1]

return {redis.call('INCR', counter)}

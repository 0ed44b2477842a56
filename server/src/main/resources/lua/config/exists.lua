-- Tells whether a type has components.
--
-- Reads only.
--
-- KEYS[1] names
--
-- Returns {1 or 0}.
local names = KEYS[1]

return {redis.call('EXISTS', names)}

-- Tells whether a type has components.
--
-- Reads only.
--
-- KEYS[1] names
--
-- Returns {exists: flag}.
local names = KEYS[1]

return {redis.call('EXISTS', names)}

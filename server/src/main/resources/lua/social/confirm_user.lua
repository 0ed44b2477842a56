-- Keeps a user for good.
--
-- KEYS[1] user
--
-- Returns {exists: flag}.
local key = KEYS[1]

redis.call('PERSIST', key)
return {redis.call('EXISTS', key)}

-- Takes a name out of the index.
--
-- Goes first.
--
-- KEYS[1] order
-- KEYS[2] seen
-- ARGV[1] name
--
-- Returns {done: flag}.
local order, seen = KEYS[1], KEYS[2]
local name = ARGV[1]

redis.call('ZREM', order, name)
redis.call('ZREM', seen, name)
return {1}

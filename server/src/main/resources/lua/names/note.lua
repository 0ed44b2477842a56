-- Notes that a name is in use.
--
-- Goes first.
--
-- KEYS[1] order
-- KEYS[2] seen
-- ARGV[1] name
-- ARGV[2] ms a name is kept after it was noted
-- ARGV[3] how many names are kept
--
-- Returns {1}.
--
-- @include lib/names_prune
local order, seen = KEYS[1], KEYS[2]
local name, keep, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local now = math.floor(microseconds() / 1000)
redis.call('ZADD', order, 0, name)
redis.call('ZADD', seen, integer(now), name)
prune(order, seen, now, keep)
if redis.call('ZCARD', seen) > limit then
  redis.call('ZREM', order, redis.call('ZPOPMIN', seen)[1])
end
redis.call('PEXPIRE', order, keep)
redis.call('PEXPIRE', seen, keep)
return {1}

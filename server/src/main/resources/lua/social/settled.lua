-- Forgets an outbox that was found empty, unless it was noted within the last minute: then it is looked
-- at again after that.
--
-- KEYS[1] due
-- KEYS[2] noted
-- ARGV[1] outbox
--
-- Returns {forgotten: flag}.
--
-- @include lib/integer
-- @include lib/time
local due, noted = KEYS[1], KEYS[2]
local outbox = ARGV[1]

local now = math.floor(microseconds() / 1000)
local at = tonumber(redis.call('ZSCORE', noted, outbox) or 0)
if at > now - 60000 then
  redis.call('ZADD', due, 'XX', integer(at + 61000), outbox)
  return {0}
end
redis.call('ZREM', due, outbox)
redis.call('ZREM', noted, outbox)
return {1}

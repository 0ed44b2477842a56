-- Takes outboxes that are to be looked at; they are again in 10 seconds.
--
-- KEYS[1] due
-- ARGV[1] how many
--
-- Returns {(outbox: text)…}.
--
-- @include lib/integer
-- @include lib/time
local due = KEYS[1]
local count = ARGV[1]

local now = math.floor(microseconds() / 1000)
local found = redis.call('ZRANGE', due, '-inf', integer(now), 'BYSCORE', 'LIMIT', 0, count)
for i = 1, #found do
  redis.call('ZADD', due, integer(now + 10000), found[i])
end
return found

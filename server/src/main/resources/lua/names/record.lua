-- Lists names in use for a time.
--
-- KEYS[1] order
-- KEYS[2] seen
-- ARGV[1] how many names are kept
-- ARGV[2] ms for which they are listed at least from now on, 0 for ever
-- ARGV[3..] the names, at most 500
--
-- Returns {done: flag}.
--
-- @include names/_prune
local order, seen = KEYS[1], KEYS[2]
local limit, millis, names = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV

local now = math.floor(microseconds() / 1000)
local ends = millis == 0 and '+inf' or integer(now + millis)
-- -1: a name is listed for ever; -2: none is listed.
local lives = redis.call('PEXPIRETIME', seen)
local ordered, timed = {}, {}
for i = 3, #names do
  local n = 2 * (i - 3)
  ordered[n + 1], ordered[n + 2] = 0, names[i]
  timed[n + 1], timed[n + 2] = ends, names[i]
end
redis.call('ZADD', order, unpack(ordered))
redis.call('ZADD', seen, 'GT', unpack(timed))
prune(order, seen, now)
local more = redis.call('ZCARD', seen) - limit
if more > 0 then
  local gone = redis.call('ZPOPMIN', seen, more)
  for i = 1, #gone, 2 do
    redis.call('ZREM', order, gone[i])
  end
end
for _, key in ipairs({order, seen}) do
  if millis == 0 then
    redis.call('PERSIST', key)
  elseif lives ~= -1 then
    redis.call('PEXPIREAT', key, integer(math.max(lives, now + millis)))
  end
end
return {1}

-- Lists names in use, each for a time.
--
-- KEYS[1] order
-- KEYS[2] seen
-- ARGV[1] how many names are kept
-- ARGV[2..] for each name: the name, ms it is listed at least from now on, 0 for ever
--
-- Returns {done: flag}.
--
-- @include names/_prune
local order, seen, limit, names = KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV

local now = math.floor(microseconds() / 1000)
local lives = redis.call('PEXPIRETIME', seen)
-- No key: nothing lives yet. A key without an end: a name is listed for ever.
local last = lives == -2 and 0 or lives == -1 and math.huge or lives
for i = 2, #names, 2 do
  local ends = names[i + 1] == '0' and math.huge or now + names[i + 1]
  redis.call('ZADD', order, 0, names[i])
  redis.call('ZADD', seen, 'GT', ends == math.huge and '+inf' or integer(ends), names[i])
  last = math.max(last, ends)
end
prune(order, seen, now)
local more = redis.call('ZCARD', seen) - limit
if more > 0 then
  local gone = redis.call('ZPOPMIN', seen, more)
  for i = 1, #gone, 2 do
    redis.call('ZREM', order, gone[i])
  end
end
for _, key in ipairs({order, seen}) do
  if last == math.huge then
    redis.call('PERSIST', key)
  else
    redis.call('PEXPIREAT', key, integer(last))
  end
end
return {1}

-- Lists names that begin with a prefix, in byte order.
--
-- KEYS[1] order
-- KEYS[2] seen
-- ARGV[1] prefix
-- ARGV[2] name after which to begin, '' for the first
-- ARGV[3] how many at most
--
-- Returns {(name: text)…}.
--
-- @include names/_prune
local order, seen = KEYS[1], KEYS[2]
local prefix, after, count = ARGV[1], ARGV[2], ARGV[3]

prune(order, seen, math.floor(microseconds() / 1000))
local from = after == '' and '[' .. prefix or '(' .. after
-- No name in UTF-8 has a byte 255.
return redis.call('ZRANGE', order, from, '[' .. prefix .. '\255', 'BYLEX', 'LIMIT', 0, count)

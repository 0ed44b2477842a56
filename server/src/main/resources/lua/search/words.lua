-- Lists words in byte order.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] words
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] where to begin, as BYLEX has it
-- ARGV[4] where to end
-- ARGV[5] how many at most
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, (word: bytes)…}: outcome 2
-- when the index is another.
--
-- @include search/_index
local meta, words = KEYS[1], KEYS[2]
local id, revision, from, to, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local other = mismatch(meta, id, revision)
if other then
  return other
end
local answer = {1, ''}
for _, word in ipairs(redis.call('ZRANGE', words, from, to, 'BYLEX', 'LIMIT', 0, limit)) do
  answer[#answer + 1] = word
end
return answer

-- Tells how many documents have terms.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] terms
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3..] terms
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, (count: integer)…}: outcome 2
-- when the index is another.
--
-- @include search/_index
-- @include search/_postings
local meta, terms = KEYS[1], KEYS[2]
local id, revision, names = ARGV[1], ARGV[2], ARGV

local other = mismatch(meta, id, revision)
if other then
  return other
end
local answer = {1, ''}
for i = 3, #names do
  local head = redis.call('HGET', terms, names[i])
  local count = 0
  if head then
    local flags, own = struct.unpack('>I1I2', head, 8)
    count = flags >= HAS_BLOCKS and struct.unpack('>I4', head, 11) or own
  end
  answer[#answer + 1] = count
end
return answer

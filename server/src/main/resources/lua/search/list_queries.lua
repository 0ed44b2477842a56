-- Lists saved queries in the byte order of their ids.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- KEYS[3] probes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] what the ids begin with
-- ARGV[4] id after which to begin, '' for the beginning
-- ARGV[5] how many at most
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, (query id: text, query:
-- text)…}: outcome 2 when the index is another.
--
-- @include search/_index
local meta, queries, probes = KEYS[1], KEYS[2], KEYS[3]
local index, revision, prefix, after, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local other = mismatch(meta, index, revision)
if other then
  return other
end
local answer = {1, ''}
local from = after == '' and '[\0' .. prefix or '(\0' .. after
for _, member in ipairs(redis.call('ZRANGE', probes, from, '(\1', 'BYLEX', 'LIMIT', 0, limit)) do
  local id = string.sub(member, 2)
  if string.sub(id, 1, string.len(prefix)) ~= prefix then
    break
  end
  answer[#answer + 1] = id
  answer[#answer + 1] = cmsgpack.unpack(redis.call('HGET', queries, id))[1]
end
return answer

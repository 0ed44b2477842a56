-- Finds the saved queries that a document may match: those with a term of it.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- KEYS[3] probes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the query after which to go on with the first term, '' for all of it
-- ARGV[4] how many queries at most
-- ARGV[5..] terms
--
-- Returns {outcome: integer, queries stamp: bytes} or {outcome: integer, queries stamp: bytes, done:
-- integer, after: text, (query id: text, query: text)…}: outcome 2 when the index is another; how many
-- terms are done, and after which query to go on with the next one.
--
-- @include search/_index
local meta, queries, probes = KEYS[1], KEYS[2], KEYS[3]
local index, revision, after, left, terms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV

local other = mismatch(meta, index, revision)
if other then
  return other
end
local answer = {1, redis.call('HGET', meta, 'queries') or '', #terms - 4, ''}
for i = 5, #terms do
  local start = terms[i] .. '\0'
  local found = redis.call(
    'ZRANGE', probes, '(' .. start .. after, '(' .. terms[i] .. '\1', 'BYLEX', 'LIMIT', 0, left)
  after = ''
  for _, member in ipairs(found) do
    local id = string.sub(member, string.len(start) + 1)
    answer[#answer + 1] = id
    answer[#answer + 1] = cmsgpack.unpack(redis.call('HGET', queries, id))[1]
    after = id
  end
  left = left - #found
  if left <= 0 then
    answer[3], answer[4] = i - 5, after
    break
  end
  after = ''
end
return answer

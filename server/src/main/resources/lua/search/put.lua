-- Puts or deletes a document: all of it, or nothing.
--
-- KEYS[1] meta
-- KEYS[2] terms
-- KEYS[3] words
-- KEYS[4] columns
-- KEYS[5] documents
-- KEYS[6] free
-- KEYS[7] changes
-- KEYS[8] matches
-- KEYS[9] watch
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the document
-- ARGV[4] stamp of the document that is stored, '' for none
-- ARGV[5] what is stored after its ordinal and stamp, '' to delete it
-- ARGV[6] stamp of the saved queries that were tried, '' for none
-- ARGV[7] what they matched, '' for nothing
-- ARGV[8] how many columns are changed
-- ARGV[9] how many sums are changed
-- ARGV[10..] for each column: number, 1 for numbers, value; for each sum: field of meta, difference; for
--   each term: term, and '' when the document has it no more, otherwise 1 when it is listed as a word, the
--   posting without ordinal and positions
--
-- Returns {outcome: integer, stored: bytes}: outcome 1 when it is done; 0 when another document is
-- stored, which is returned, or none; 2 when the index is another; 3 when the saved queries are, whose stamp
-- is returned.
--
-- @include search/_postings
-- @include search/_columns
-- @include search/_index
-- @include search/_matches
local meta, terms, words, columns, documents, free, changes, matches, watch = unpack(KEYS)
local index, revision, id, expected, body, tried, matched = unpack(ARGV, 1, 7)
local column_count, sum_count, rest = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV

local other = mismatch(meta, index, revision)
if other then
  return other
end
local stored = redis.call('HGET', documents, id)
if (stored and string.sub(stored, 4, 10) or '') ~= expected then
  return {0, stored or ''}
end
local queries = redis.call('HGET', meta, 'queries') or ''
if queries ~= tried and body ~= '' then
  return {3, queries}
end
local ordinal = stored and ordinal_of(stored, 1) or tonumber(redis.call('RPOP', free))
if not ordinal then
  ordinal = redis.call('HINCRBY', meta, 'next', 1) - 1
  if ordinal > 16777215 then
    redis.call('HINCRBY', meta, 'next', -1)
    return redis.error_reply('SEARCH_PARTITION_FULL a partition has as many documents as it can hold')
  end
end
local stamp, place_of = next_stamp(meta, 'stamp'), struct.pack('>I3', ordinal)
local at = 10
for _ = 1, column_count do
  place(columns, rest[at], rest[at + 1] == '1', ordinal, rest[at + 2])
  at = at + 3
end
for _ = 1, sum_count do
  redis.call('HINCRBY', meta, rest[at], rest[at + 1])
  at = at + 2
end
-- In portions, because a call takes some thousand arguments at most.
for first = at, #rest, 1600 do
  local last = math.min(first + 1599, #rest)
  local names, heads, listed, unlisted, gone = {}, {}, {}, {}, {}
  for i = first, last, 2 do
    names[#names + 1] = rest[i]
  end
  local known = redis.call('HMGET', terms, unpack(names))
  for i = 1, #names do
    local term, own = names[i], rest[first + 2 * i - 1]
    local head, lists = post(terms, term, known[i], ordinal, place_of, own, stamp)
    if head ~= '' then
      heads[#heads + 1] = term
      heads[#heads + 1] = head
    else
      gone[#gone + 1] = term
    end
    if lists and head == '' then
      unlisted[#unlisted + 1] = string.sub(term, 2)
    elseif lists then
      listed[#listed + 1] = 0
      listed[#listed + 1] = string.sub(term, 2)
    end
  end
  if #gone > 0 then
    redis.call('HDEL', terms, unpack(gone))
  end
  if #unlisted > 0 then
    redis.call('ZREM', words, unpack(unlisted))
  end
  if #heads > 0 then
    redis.call('HSET', terms, unpack(heads))
  end
  if #listed > 0 then
    redis.call('ZADD', words, unpack(listed))
  end
end
if body ~= '' then
  redis.call('HSET', documents, id, place_of .. stamp .. body)
  redis.call('HINCRBY', meta, 'documents', stored and 0 or 1)
  append_match(matches, watch, matched)
else
  redis.call('HDEL', documents, id)
  redis.call('HINCRBY', meta, 'documents', -1)
  redis.call('LPUSH', free, ordinal)
end
redis.call('LPUSH', changes, stamp .. place_of)
redis.call('LTRIM', changes, 0, 1023)
if redis.call('HGET', meta, 'documents') == '0' then
  redis.call('DEL', free, changes)
  redis.call('HDEL', meta, 'next')
end
return {1, ''}

-- Puts or deletes a document: all of it, or nothing. One with too many words for one step is hidden: before,
-- while they are written, and afterwards, while they are taken away.
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
-- KEYS[10] unfinished
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the document
-- ARGV[4] stamp of the document that is stored, '' for none
-- ARGV[5] what is stored after its ordinal and stamp, '' to delete it
-- ARGV[6] stamp of the saved queries that were tried, '' for none
-- ARGV[7] what they matched, '' for nothing
-- ARGV[8] ordinal and stamp of the last step when the words have been written, otherwise ''
-- ARGV[9] how many lists of terms the stored document has if it is left hidden, otherwise 0
-- ARGV[10] how many columns that one leaves
-- ARGV[11] how many columns are changed
-- ARGV[12] how many sums are changed
-- ARGV[13..] the lists; for each column that is left: number, 1 for numbers; for each that is changed: number,
--   1 for numbers, value; for each sum: field of meta, difference; for each term: term, and '' when the
--   document has it no more, otherwise 1 when it is listed as a word, the posting without ordinal and positions
--
-- Returns {outcome: integer, detail: bytes}: outcome 1 when it is done, and the ordinals that are hidden, the
-- one that is left last; 0 when another document is stored, which is returned, or none; 2 when the index is
-- another; 3 when the saved queries are, whose stamp is returned; 4 when what was written is not there any more;
-- 5 when as many are hidden as may be.
--
-- @include search/_words
-- @include search/_columns
-- @include search/_hidden
-- @include search/_matches
local meta, terms, words, columns, documents, free, changes, matches, watch, unfinished = unpack(KEYS)
local index, revision, id, expected, body, tried, matched, written = unpack(ARGV, 1, 8)
local lists, left_columns, changed_columns, sums = unpack(ARGV, 9, 12)
local rest, at = ARGV, 13

local other = mismatch(meta, index, revision)
if other then
  return other
end
local stored = redis.call('HGET', documents, id)
if (stored and string.sub(stored, 4, 10) or '') ~= expected then
  return {0, stored or ''}
end
local of_meta = redis.call('HMGET', meta, 'queries', 'hidden')
local queries, hidden = of_meta[1] or '', of_meta[2] or ''
if queries ~= tried and body ~= '' then
  return {3, queries}
end
local before = stored and string.sub(stored, 1, 3)
local leaves = lists ~= '0' and before
if leaves and is_full(hidden) then
  return {5, ''}
end
local place_of = before
if written ~= '' then
  place_of = string.sub(written, 1, 3)
  if string.sub(redis.call('HGET', unfinished, place_of) or '', 1, 7) ~= string.sub(written, 4) then
    return {4, ''}
  end
  hidden = unhide(meta, hidden, place_of)
  forget_lists(unfinished, place_of)
elseif not before or (leaves and body ~= '') then
  place_of = new_ordinal(meta, free)
  if not place_of then
    return partition_full()
  end
end
local stamp, ordinal = next_stamp(meta, 'stamp'), ordinal_of(place_of, 1)
if leaves then
  hidden = hide(meta, hidden, before)
  at = leave(unfinished, before, lists, rest, at)
  for _ = 1, left_columns do
    place(columns, rest[at], rest[at + 1] == '1', ordinal_of(before, 1), '')
    at = at + 2
  end
end
for _ = 1, changed_columns do
  place(columns, rest[at], rest[at + 1] == '1', ordinal, rest[at + 2])
  at = at + 3
end
for _ = 1, sums do
  redis.call('HINCRBY', meta, rest[at], rest[at + 1])
  at = at + 2
end
post_pairs(terms, words, rest, at, place_of, stamp)
if body ~= '' then
  redis.call('HSET', documents, id, place_of .. stamp .. body)
  redis.call('HINCRBY', meta, 'documents', stored and 0 or 1)
  append_match(matches, watch, matched)
else
  redis.call('HDEL', documents, id)
  redis.call('HINCRBY', meta, 'documents', -1)
  if not leaves then
    redis.call('LPUSH', free, ordinal)
  end
end
note_changes(meta, free, changes, hidden, stamp, place_of, leaves)
return {1, hidden}

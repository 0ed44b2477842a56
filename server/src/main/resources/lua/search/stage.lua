-- Writes some of the words of a document that has too many for one step. It stays hidden until it is put.
--
-- KEYS[1] meta
-- KEYS[2] terms
-- KEYS[3] words
-- KEYS[4] documents
-- KEYS[5] free
-- KEYS[6] changes
-- KEYS[7] unfinished
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the document
-- ARGV[4] stamp of the document that is stored, '' for none
-- ARGV[5] ordinal and stamp of the step before, '' for the first one
-- ARGV[6] how much work it may be, in terms
-- ARGV[7..] for each term: term, 1 when it is listed as a word, the posting without ordinal and positions
--
-- Returns {outcome: integer, detail: bytes} or {outcome: integer, detail: bytes, done: integer}: outcome 1
-- with ordinal and stamp for the next step, and how many terms were written; 0 when another document is
-- stored, which is returned, or none; 2 when the index is another; 4 when what was written is not there any
-- more; 5 when as many are hidden as may be.
--
-- @include search/_words
-- @include search/_hidden
local meta, terms, words, documents, free, changes, unfinished = unpack(KEYS)
local index, revision, id, expected, written, most = unpack(ARGV, 1, 6)
local rest = ARGV

local other = mismatch(meta, index, revision)
if other then
  return other
end
local place_of, count = string.sub(written, 1, 3), 0
if written == '' then
  local stored = redis.call('HGET', documents, id)
  if (stored and string.sub(stored, 4, 10) or '') ~= expected then
    return {0, stored or ''}
  end
  local hidden = redis.call('HGET', meta, 'hidden') or ''
  if is_full(hidden) then
    return {5, ''}
  end
  place_of = new_ordinal(meta, free)
  if not place_of then
    return partition_full()
  end
  hide(meta, hidden, place_of)
else
  local state = redis.call('HGET', unfinished, place_of)
  if not state or string.sub(state, 1, 7) ~= string.sub(written, 4) then
    return {4, ''}
  end
  count = struct.unpack('>I2', state, 8)
end
local stamp = next_stamp(meta, 'stamp')
local done, names = post_pairs(terms, words, rest, 7, place_of, stamp, tonumber(most))
redis.call(
  'HSET', unfinished,
  place_of, stamp .. struct.pack('>I2', count + 1),
  list_of(place_of, count + 1), cmsgpack.pack({unpack(names, 1, done)}))
note_changes(meta, free, changes, place_of, stamp, place_of)
return {1, place_of .. stamp, done}

-- Takes away some of the words of a document that is hidden, and at the end lets its ordinal be used again.
--
-- KEYS[1] meta
-- KEYS[2] terms
-- KEYS[3] words
-- KEYS[4] free
-- KEYS[5] changes
-- KEYS[6] unfinished
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] its ordinal and, while it is being written, the stamp of the last step; '' for any that is to be
--   taken away or was left by whoever wrote it
-- ARGV[4] after how many ms without a step it has been left
-- ARGV[5] how much work it may be, in terms
--
-- Returns {outcome: integer, ordinal: bytes} or {outcome: integer, ordinal: bytes, left: integer}: outcome 2
-- when the index is another; '' when there is nothing to take away; how many lists of terms are left of the
-- document.
--
-- @include search/_words
-- @include search/_hidden
local meta, terms, words, free, changes, unfinished = unpack(KEYS)
local index, revision, written, left_ms, most = unpack(ARGV)

local other = mismatch(meta, index, revision)
if other then
  return other
end
local hidden = redis.call('HGET', meta, 'hidden') or ''
local place_of, state
local from = microseconds() - 1000 * left_ms
local asked = written == '' and hidden or string.sub(written, 1, 3)
for at = 1, string.len(asked), 3 do
  local one = string.sub(asked, at, at + 2)
  local known = redis.call('HGET', unfinished, one)
  if known then
    local last = string.sub(known, 1, 7)
    if last == GONE or last == string.sub(written, 4)
      or (written == '' and struct.unpack('>I7', last) < from) then
      place_of, state = one, known
      break
    end
  end
end
if not place_of then
  return {1, '', 0}
end
local ordinal, stamp = ordinal_of(place_of, 1), next_stamp(meta, 'stamp')
local count = struct.unpack('>I2', state, 8)
if count > 0 then
  local list = list_of(place_of, count)
  local names = cmsgpack.unpack(redis.call('HGET', unfinished, list))
  local done = post_words(terms, words, names, nil, ordinal, place_of, stamp, tonumber(most))
  if done < #names then
    redis.call('HSET', unfinished, list, cmsgpack.pack({unpack(names, done + 1)}))
  else
    redis.call('HDEL', unfinished, list)
    count = count - 1
  end
end
if count > 0 then
  redis.call('HSET', unfinished, place_of, GONE .. struct.pack('>I2', count))
else
  redis.call('HDEL', unfinished, place_of)
  hidden = unhide(meta, hidden, place_of)
  redis.call('LPUSH', free, ordinal)
end
note_changes(meta, free, changes, hidden, stamp, place_of)
return {1, place_of, count}

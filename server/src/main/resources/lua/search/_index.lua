-- @include lib/time
--
-- meta of a partition is a hash: 'id' and 'revision' of the index it is part of; 'stamp' of its last
-- change, 7 bytes, which is a time in microseconds and only rises; 'next' ordinal; 'documents'; under 'n'
-- and the number of a TEXT field how many documents have it, under 'l' how many terms they have in all;
-- while documents are hidden 'hidden', their ordinals; while there are saved queries 'queries', the stamp of
-- their last change, and 'saved', how many there are; 'dropped', the id of an index it was part of before.

-- Nil when the partition is of that index; otherwise the answer: {2} when the caller knows an old
-- definition, or the partition is gone.
local function mismatch(meta, id, revision)
  local known = redis.call('HMGET', meta, 'id', 'revision')
  if known[1] ~= id or tonumber(known[2]) > tonumber(revision) then
    return {2, ''}
  end
  return nil
end

-- A new stamp for a field of meta: 'stamp' or 'queries'.
local function next_stamp(meta, field)
  local last = redis.call('HGET', meta, field)
  local now = microseconds()
  if last then
    now = math.max(now, struct.unpack('>I7', last) + 1)
  end
  local stamp = struct.pack('>I7', now)
  redis.call('HSET', meta, field, stamp)
  return stamp
end

-- Deletes a partition of an index, and remembers for a while that it did, so that no call that is late opens
-- it again. Redis frees the memory beside its work.
--
-- KEYS[1..] all keys of the partition, meta first
-- ARGV[1] id of the index
--
-- Returns {deleted: flag}: 0 when the partition is one of another index by now.
local meta, keys = KEYS[1], KEYS
local id = ARGV[1]

local known = redis.call('HGET', meta, 'id')
if known and known ~= id then
  return {0}
end
redis.call('UNLINK', unpack(keys))
redis.call('HSET', meta, 'dropped', id)
redis.call('PEXPIRE', meta, 600000)
return {1}

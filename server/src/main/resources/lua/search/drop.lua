-- Deletes a partition. Redis frees the memory beside its work.
--
-- KEYS[1..] all keys of the partition
--
-- Returns {deleted: integer}.
local keys = KEYS

return {redis.call('UNLINK', unpack(keys))}

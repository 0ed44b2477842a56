-- Adds a status, once for each id.
--
-- KEYS[1] head
-- KEYS[2] events
-- KEYS[3] ids
-- ARGV[1] id
-- ARGV[2] status
-- ARGV[3] how many entries are kept
-- ARGV[4] ms for which they are kept
--
-- Returns {duplicate: flag, number: integer, time us: integer}: those of the newest entry of the status when it
-- is a duplicate.
--
-- @include feeds/_log
local head, events, ids = KEYS[1], KEYS[2], KEYS[3]
local id, status, most, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local known = redis.call('HGET', ids, id)
local before = known and redis.call('XRANGE', events, '0-' .. known, '0-' .. known, 'COUNT', 1)[1]
if before then
  return {1, tonumber(known), tonumber(before[2][4])}
end
local now = microseconds()
return {0, tonumber(append(head, events, ids, now, 'c', id, status, most, keep_ms)), now}

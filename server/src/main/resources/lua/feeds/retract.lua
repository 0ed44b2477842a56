-- Adds that a status was deleted, with the content by which it is filtered.
--
-- KEYS[1] head
-- KEYS[2] events
-- KEYS[3] ids
-- ARGV[1] id
-- ARGV[2] status as it was, for when it is kept no longer; '' when that is not known
-- ARGV[3] how many entries are kept
-- ARGV[4] ms for which they are kept
--
-- Returns {retracted: flag}.
--
-- @include feeds/_log
local head, events, ids = KEYS[1], KEYS[2], KEYS[3]
local id, status, most, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local known = redis.call('HGET', ids, id)
local before = known and redis.call('XRANGE', events, '0-' .. known, '0-' .. known, 'COUNT', 1)[1]
if before and before[2][2] == 'd' then
  return {0}
end
if before then
  status = before[2][8]
end
if status == '' then
  return {0}
end
append(head, events, ids, microseconds(), 'd', id, status, most, keep_ms)
return {1}

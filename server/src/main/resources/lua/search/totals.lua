-- Tells how much a partition holds.
--
-- Reads only.
--
-- KEYS[1] meta
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, documents: integer, saved
-- queries: integer}: outcome 2 when the index is another.
--
-- @include search/_index
local meta = KEYS[1]
local id, revision = ARGV[1], ARGV[2]

local other = mismatch(meta, id, revision)
if other then
  return other
end
local known = redis.call('HMGET', meta, 'documents', 'saved')
return {1, '', tonumber(known[1] or 0), tonumber(known[2] or 0)}

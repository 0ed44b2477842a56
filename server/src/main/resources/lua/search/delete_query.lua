-- Deletes a saved query.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- KEYS[3] probes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the query
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, deleted: flag}: outcome 2
-- when the index is another.
--
-- @include search/_index
-- @include search/_queries
local meta, queries, probes = KEYS[1], KEYS[2], KEYS[3]
local index, revision, id = ARGV[1], ARGV[2], ARGV[3]

local other = mismatch(meta, index, revision)
if other then
  return other
end
local existed = forget(queries, probes, id)
if existed then
  touch(meta, queries)
end
return {1, '', existed and 1 or 0}

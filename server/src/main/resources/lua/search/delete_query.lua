-- Deletes a saved query.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- KEYS[3] probes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the query
-- ARGV[4] stamp of the call, '' to get one
-- ARGV[5] 1 to delete only what that very call has saved
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, deleted: flag, stamp: bytes}:
-- outcome 2 when the index is another. What a later call has saved stays.
--
-- @include search/_index
-- @include search/_queries
local meta, queries, probes = KEYS[1], KEYS[2], KEYS[3]
local index, revision, id, stamp, own = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'

local other = mismatch(meta, index, revision)
if other then
  return other
end
local by = saved_by(queries, id)
stamp = stamp ~= '' and stamp or next_stamp(meta, 'queries')
if own and by ~= stamp or number_of(by) > number_of(stamp) then
  return {1, '', 0, stamp}
end
local existed = forget(queries, probes, id)
touch(meta, queries)
return {1, '', existed and 1 or 0, stamp}

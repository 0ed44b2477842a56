-- Tells which call has saved a query.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the query
--
-- Returns {outcome: integer, stamp: bytes}: outcome 2 when the index is another; '' when there is no such
-- query.
--
-- @include search/_index
-- @include search/_queries
local meta, queries = KEYS[1], KEYS[2]
local index, revision, id = ARGV[1], ARGV[2], ARGV[3]

return mismatch(meta, index, revision) or {1, saved_by(queries, id)}

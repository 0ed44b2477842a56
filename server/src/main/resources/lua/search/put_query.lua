-- Saves a query.
--
-- KEYS[1] meta
-- KEYS[2] queries
-- KEYS[3] probes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] id of the query
-- ARGV[4] query
-- ARGV[5] how many there may be
-- ARGV[6] stamp of the call, '' to get one
-- ARGV[7..] terms by which it is found
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, created: flag, stamp: bytes}:
-- outcome 2 when the index is another. What a later call has saved stays.
--
-- @include search/_index
-- @include search/_queries
local meta, queries, probes = KEYS[1], KEYS[2], KEYS[3]
local index, revision, id, query, most, stamp = unpack(ARGV, 1, 6)
local terms = {unpack(ARGV, 7)}

local other = mismatch(meta, index, revision)
if other then
  return other
end
if stamp ~= '' and number_of(saved_by(queries, id)) > number_of(stamp) then
  return {1, '', 0, stamp}
end
local existed = forget(queries, probes, id)
if not existed and redis.call('HLEN', queries) >= tonumber(most) then
  return redis.error_reply('SEARCH_QUERIES_FULL the index has as many saved queries as one may have')
end
stamp = stamp ~= '' and stamp or next_stamp(meta, 'queries')
redis.call('HSET', queries, id, cmsgpack.pack({query, terms, stamp}))
redis.call('ZADD', probes, 0, '\0' .. id)
for _, term in ipairs(terms) do
  redis.call('ZADD', probes, 0, term .. '\0' .. id)
end
touch(meta, queries)
return {1, '', existed and 0 or 1, stamp}

-- Makes a partition one of an index, and lets it know the newest revision.
--
-- KEYS[1] meta
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
--
-- Returns {documents: integer, saved queries: integer}.
local meta = KEYS[1]
local id, revision = ARGV[1], ARGV[2]

local known = redis.call('HMGET', meta, 'id', 'revision', 'documents', 'saved')
if known[1] ~= id or tonumber(known[2]) < tonumber(revision) then
  redis.call('HSET', meta, 'id', id, 'revision', revision)
end
return {tonumber(known[3] or 0), tonumber(known[4] or 0)}

-- Makes a partition one of an index, and lets it know the newest revision.
--
-- KEYS[1] meta
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
--
-- Returns {outcome: integer}: 2 when the index was dropped.
local meta = KEYS[1]
local id, revision = ARGV[1], ARGV[2]

local known = redis.call('HMGET', meta, 'id', 'revision', 'dropped')
if known[3] == id then
  return {2}
end
if known[1] ~= id or tonumber(known[2]) < tonumber(revision) then
  redis.call('HSET', meta, 'id', id, 'revision', revision)
  redis.call('PERSIST', meta)
end
return {1}

-- Changes the definition of an index.
--
-- KEYS[1] definition
-- ARGV[1] id
-- ARGV[2] revision that is changed
-- ARGV[3] settings
--
-- Returns {done: flag}: 0 when it has another id or revision by now.
local definition = KEYS[1]
local id, revision, settings = ARGV[1], ARGV[2], ARGV[3]

local known = redis.call('HMGET', definition, 'id', 'revision', 'dropping')
if known[1] ~= id or known[2] ~= revision or known[3] then
  return {0}
end
redis.call('HSET', definition, 'revision', tonumber(revision) + 1, 'settings', settings)
return {1}

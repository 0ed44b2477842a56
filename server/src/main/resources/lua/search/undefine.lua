-- Marks the definition of an index as one that is being dropped or, at the end, deletes it.
--
-- KEYS[1] definition
-- ARGV[1] id, '' for whichever it has
-- ARGV[2] 1 to delete it
--
-- Returns {there: flag, id: text, settings: bytes}.
local definition = KEYS[1]
local id, deletes = ARGV[1], ARGV[2]

local known = redis.call('HMGET', definition, 'id', 'settings')
if not known[1] or (id ~= '' and id ~= known[1]) then
  return {0, '', ''}
end
if deletes == '1' then
  redis.call('DEL', definition)
else
  redis.call('HSET', definition, 'dropping', 1)
end
return {1, known[1], known[2]}

-- Defines an index, unless it is there.
--
-- KEYS[1] definition
-- ARGV[1] id
-- ARGV[2] version of the analyzers
-- ARGV[3] settings
--
-- Returns {created: flag, dropping: flag, id: text, revision: integer, analyzers: integer, settings:
-- bytes}.
local definition = KEYS[1]
local id, analyzers, settings = ARGV[1], ARGV[2], ARGV[3]

local known = redis.call('HMGET', definition, 'id', 'revision', 'analyzers', 'settings', 'dropping')
if known[1] then
  return {0, known[5] and 1 or 0, known[1], tonumber(known[2]), tonumber(known[3]), known[4]}
end
redis.call(
  'HSET', definition, 'id', id, 'revision', 1, 'analyzers', analyzers, 'settings', settings)
return {1, 0, id, 1, tonumber(analyzers), settings}

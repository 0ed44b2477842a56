-- Reads the definition of an index.
--
-- Reads only.
--
-- KEYS[1] definition
--
-- Returns {exists: flag, dropping: flag, id: text, revision: integer, analyzers: integer, settings:
-- bytes}.
local definition = KEYS[1]

local known = redis.call('HMGET', definition, 'id', 'revision', 'analyzers', 'settings', 'dropping')
if not known[1] then
  return {0, 0, '', 0, 0, ''}
end
return {1, known[5] and 1 or 0, known[1], tonumber(known[2]), tonumber(known[3]), known[4]}

-- Tells whether there is a maintenance, in the form in which groups are told.
--
-- Reads only.
--
-- KEYS[1] maintenance
--
-- Returns {now ms: integer, revision: integer, whole: flag, ends in ms: integer, changes: integer,
-- (name: text, value: bytes)…}: the name and the maintenance as it is written if there is one.
--
-- @include lib/time
local maintenance = KEYS[1]

local now = math.floor(microseconds() / 1000)
local value = redis.call('GET', maintenance)
if not value then
  return {now, 0, 1, -1, 0}
end
local left = redis.call('PTTL', maintenance)
return {now, tonumber((string.match(value, '^%S+'))), 1, left, 0, 'maintenance', value}

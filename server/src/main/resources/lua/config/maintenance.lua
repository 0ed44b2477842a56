-- Tells whether there is a maintenance, in the form in which groups are told.
--
-- Reads only.
--
-- KEYS[1] maintenance
--
-- Returns {time in ms, revision, 1, ms until it ends by itself or -1, 0}, then a name and the
-- maintenance as it is written if there is one.
--
-- @include lib/integer
-- @include lib/time
local maintenance = KEYS[1]

local now = integer(math.floor(microseconds() / 1000))
local value = redis.call('GET', maintenance)
if not value then
  return {tonumber(now), '0', 1, -1, 0}
end
local left = redis.call('PTTL', maintenance)
return {tonumber(now), string.match(value, '^%S+'), 1, left, 0, 'maintenance', value}

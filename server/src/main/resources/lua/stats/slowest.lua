-- Reads the contexts with the highest means.
--
-- Reads only.
--
-- KEYS[1] slowest
-- ARGV[1] how many hours before the current one the hour of the key is meant to be, '' for none
-- ARGV[2] hour of the key, in hours since 1970
-- ARGV[3] how many at most
--
-- Returns {current hour: integer, (context: text, mean: real)…}, the hour alone when that of the key is
-- not the one that is meant.
local slowest = KEYS[1]
local ago, hour, limit = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local current = math.floor(redis.call('TIME')[1] / 3600)
if ago ~= '' and current - ago ~= hour then
  return {current}
end
return {current, unpack(redis.call('ZRANGE', slowest, 0, limit - 1, 'REV', 'WITHSCORES'))}

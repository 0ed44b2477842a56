-- Reads the figures and the sketch of a context. It reads no more buckets than there can be: a
-- bucket for each of 2,764 powers on both sides of 0.
--
-- Reads only.
--
-- KEYS[1] series
-- ARGV[1] how many hours before the current one the hour of the key is meant to be, '' for none
-- ARGV[2] hour of the key, in hours since 1970
--
-- Returns {current hour: integer, (field: text, value: bytes)…}, the hour alone when that of the key is not
-- the one that is meant.
local series = KEYS[1]
local ago, hour = ARGV[1], tonumber(ARGV[2])

local current = math.floor(redis.call('TIME')[1] / 3600)
if ago ~= '' and current - ago ~= hour then
  return {current}
end
local fields = redis.call('HRANDFIELD', series, 6000, 'WITHVALUES')
table.insert(fields, 1, current)
return fields

-- Adds values to the figures of a context.
--
-- KEYS[1] series
-- KEYS[2] slowest
-- ARGV[1] hour of the keys, in hours since 1970
-- ARGV[2] context
-- ARGV[3..] values
--
-- Returns {current hour} when that is not the hour of the keys; nothing has changed then. Else {hour,
-- present second, count, mean, 1 when the last value is an anomaly} and, when one is to be told, {value,
-- count, mean, standard deviation, how many were not told}.
--
-- @include lib/stats_record
local series, slowest = KEYS[1], KEYS[2]
local hour, context = tonumber(ARGV[1]), ARGV[2]
local values = {unpack(ARGV, 3)}

local second = tonumber(redis.call('TIME')[1])
local current = math.floor(second / HOUR)
if current ~= hour then
  return {current}
end
return {hour, second, unpack(record(series, slowest, context, hour, second, values))}

-- Adds values to the figures of a context.
--
-- KEYS[1] series
-- KEYS[2] slowest
-- KEYS[3] request
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] hour of the keys, in hours since 1970
-- ARGV[3] context
-- ARGV[4..] values
--
-- Returns {current hour: integer} when that is not the hour of the keys; nothing has changed then. Else
-- {hour: integer, second: integer, count: integer, mean: real, anomalous: flag} and, when the last value
-- is an anomaly to be told, {hour: integer, second: integer, count: integer, mean: real, anomalous: flag,
-- value: real, count before: integer, mean before: real, deviation: real, not told: integer}. A request
-- that is sent again has no anomaly to be told.
--
-- @include stats/_record
-- @include lib/once
local series, slowest, request = KEYS[1], KEYS[2], KEYS[3]
local digest, hour, context = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local values = {unpack(ARGV, 4)}

local before = replay(request, digest)
if before then
  return before
end
local second = tonumber(redis.call('TIME')[1])
local current = math.floor(second / HOUR)
if current ~= hour then
  return {current}
end
local answer = {hour, second, unpack(record(series, slowest, context, hour, second, values))}
keep(request, digest, {unpack(answer, 1, 5)})
return answer

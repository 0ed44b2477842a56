-- Adds values to the figures of a context, for a request that may have been sent before.
--
-- KEYS[1] series
-- KEYS[2] slowest
-- KEYS[3] request
-- ARGV[1] hour of the keys, in hours since 1970
-- ARGV[2] context
-- ARGV[3..] values
--
-- Returns what record.lua returns; for a request that was sent before what was returned the first time,
-- without an anomaly to be told.
--
-- @include lib/stats_record
local series, slowest, request = KEYS[1], KEYS[2], KEYS[3]
local hour, context = tonumber(ARGV[1]), ARGV[2]
local values = {unpack(ARGV, 3)}

local digest = redis.sha1hex(context .. '\n' .. table.concat(values, ' '))
local before = redis.call('GET', request)
if before then
  local known, first, second, count, mean, anomalous =
    string.match(before, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  if known ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used with other values')
  end
  return {tonumber(first), tonumber(second), tonumber(count), mean, tonumber(anomalous)}
end
local second = tonumber(redis.call('TIME')[1])
local current = math.floor(second / HOUR)
if current ~= hour then
  return {current}
end
local answer = {hour, second, unpack(record(series, slowest, context, hour, second, values))}
redis.call('SET', request, digest .. ' ' .. table.concat(answer, ' ', 1, 5), 'PX', 600000)
return answer

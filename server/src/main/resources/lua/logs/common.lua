-- Ranks the messages of an hour.
--
-- Reads only.
--
-- KEYS[1] common of a severity
-- ARGV[1] hours since 1970, '' for one before the current
-- ARGV[2] how many hours before
-- ARGV[3] how many messages at most
--
-- Returns {hour: integer, partial: flag, distinct: integer, rarest: integer, (message: text, count:
-- integer)…}: whether the hour is not over, how many messages are counted, the count of the rarest one
-- when more were written, or 0.
--
-- @include logs/_append
local common = KEYS[1]
local hour, before, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]

local current = math.floor(microseconds() / 3600000000)
hour = hour or current - before
local from, to = integer(hour * HOUR), integer((hour + 1) * HOUR - 1)
local distinct = redis.call('ZCOUNT', common, from, to)
local answer = {hour, hour == current and 1 or 0, distinct, 0}
if distinct >= MESSAGES then
  local rarest = redis.call(
    'ZRANGE', common, from, to, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  answer[4] = rarest[2] - hour * HOUR
end
local top = redis.call(
  'ZRANGE', common, to, from, 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES')
for i = 1, #top, 2 do
  answer[#answer + 1] = string.sub(top[i], string.len(integer(hour)) + 2)
  answer[#answer + 1] = top[i + 1] - hour * HOUR
end
return answer

-- Begins, changes or ends a maintenance.
--
-- KEYS[1] maintenance
-- ARGV[1] value, '' to end it
-- ARGV[2] end in milliseconds, '' for none
--
-- Returns {set: flag, start ms: integer} when it is on, {set: flag} when it is over, or the end that was
-- asked for has passed already.
--
-- @include lib/integer
-- @include lib/time
local maintenance = KEYS[1]
local value, ends = ARGV[1], ARGV[2]

local now = microseconds()
local time = integer(math.floor(now / 1000))
local before = redis.call('GET', maintenance)
if ends ~= '' and tonumber(ends) <= tonumber(time) then
  return {0}
end
local revision, start, present = 0, time, nil
if before then
  revision, start, present = string.match(before, '^(%S+) (%S+) \n(.*)$')
end
if value == (present or '') then
  return value == '' and {1} or {1, tonumber(start)}
end
revision = integer(math.max(revision + 1, now))
if value == '' then
  redis.call('DEL', maintenance)
else
  redis.call('SET', maintenance, revision .. ' ' .. start .. ' \n' .. value)
  if ends ~= '' then
    redis.call('PEXPIREAT', maintenance, ends)
  end
end
redis.call('SPUBLISH', maintenance .. ':hints', revision)
return value == '' and {1} or {1, tonumber(start)}

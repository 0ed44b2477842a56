-- Reads a counter for those who watch it, and has the next change told on the channel that is called as
-- the series key. A counter that does not exist gets a head that expires unless it is looked at again.
--
-- KEYS[1] series
-- ARGV[1] ms the head of a counter that does not exist is kept
--
-- Returns {now ms: integer, value: bytes}.
local series = KEYS[1]
local keep = ARGV[1]

if redis.call('STRLEN', series) <= 16 then
  redis.call('SET', series, string.rep('\0', 6) .. '\1' .. string.rep('\0', 9), 'PX', keep)
else
  redis.call('SETRANGE', series, 6, '\1')
end
local time = redis.call('TIME')
return {time[1] * 1000 + math.floor(time[2] / 1000), redis.call('GET', series)}

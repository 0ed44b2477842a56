-- Reads what came into a timeline and what went.
--
-- KEYS[1] watch
-- KEYS[2] events
-- ARGV[1] number of the event after which to begin
-- ARGV[2] how many at most
-- ARGV[3] ms for which the server that reads listens for hints, 0 when it does not
--
-- Returns {first: integer, newest: integer, (number: integer, event: text)…}.
--
-- @include lib/integer
-- @include lib/time
local watch, events = KEYS[1], KEYS[2]
local after, limit, listens = ARGV[1], ARGV[2], tonumber(ARGV[3])

local now = microseconds()
local known = redis.call('HMGET', watch, 'first', 'n')
if not known[1] then
  redis.call('DEL', events)
  redis.call('HSET', watch, 'first', integer(now + 1), 'n', integer(now))
  known = {now + 1, now}
end
local ms = math.floor(now / 1000)
if listens > 0 then
  redis.call('HSET', watch, 'until', integer(ms + 3600000), 'hint', integer(ms + listens))
end
redis.call('PEXPIRE', watch, 7200000)
local answer = {tonumber(known[1]), tonumber(known[2])}
local found = redis.call('XRANGE', events, '(0-' .. after, '+', 'COUNT', limit)
for i = 1, #found do
  answer[#answer + 1] = tonumber(string.sub(found[i][1], 3))
  answer[#answer + 1] = found[i][2][2]
end
return answer

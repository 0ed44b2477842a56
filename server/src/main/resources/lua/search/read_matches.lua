-- Reads matches after one of them.
--
-- KEYS[1] matches
-- KEYS[2] watch
-- ARGV[1] number after which to begin
-- ARGV[2] how many at most
-- ARGV[3] ms for which the server that reads listens for hints, 0 when it does not
--
-- Returns {first: integer, newest: integer, (number: integer, match: bytes)…}: the first number there
-- ever was, the newest one or, with entries, at least one greater than the last of them when there are more.
--
-- @include lib/read_stream
-- @include search/_matches
local matches, watch = KEYS[1], KEYS[2]
local after, limit, listens = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local answer = {tonumber(redis.call('HGET', watch, 'first') or 0), 0}
answer[2] = read_stream(matches, after, limit, 262144, 2, function(number, fields)
  answer[#answer + 1] = number
  answer[#answer + 1] = fields[2]
end)
if listens > 0 then
  redis.call('HSET', watch, 'until', integer(math.floor(microseconds() / 1000) + listens))
  -- What is followed is not forgotten; what does not exist leaves no trace for long.
  local exists = redis.call('PEXPIRE', matches, MATCHES_MS) == 1
  redis.call('PEXPIRE', watch, exists and MATCHES_MS or 60000)
end
return answer

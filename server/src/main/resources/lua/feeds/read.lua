-- Reads the entries of a partition after one of them.
--
-- KEYS[1] head
-- KEYS[2] events
-- ARGV[1] number of the entry after which to begin
-- ARGV[2] how many at most
-- ARGV[3] how many bytes, when there is more than one
-- ARGV[4] ms for which the server that reads listens for hints, 0 when it does not
--
-- Returns {first: integer, newest: integer, (number: integer, kind: text, time us: text, status: bytes)…}: the
-- first number there ever was, the newest one or, with entries, at least one greater than the last of them
-- when there are more.
--
-- @include lib/integer
-- @include lib/time
-- @include lib/read_stream
local head, events = KEYS[1], KEYS[2]
local after, limit, bytes, listens = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local answer = {tonumber(redis.call('HGET', head, 'first') or 0), 0}
answer[2] = read_stream(events, after, limit, bytes, 8, function(number, fields)
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = number, fields[2], fields[4], fields[8]
end)
if listens > 0 then
  redis.call('HSET', head, 'until', integer(math.floor(microseconds() / 1000) + listens))
  -- A feed that does not exist leaves no trace for long.
  if redis.call('EXISTS', events) == 0 then
    redis.call('PEXPIRE', head, 60000)
  end
end
return answer

-- Reads the entries of a log after one of them.
--
-- KEYS[1] head
-- KEYS[2] entries
-- ARGV[1] number of the entry after which to begin
-- ARGV[2] how many at most
-- ARGV[3] how many bytes, when there is more than one
-- ARGV[4] ms for which the server that reads listens for hints, 0 when it does not
--
-- Returns {first: integer, newest: integer, (number: integer, time us: text, entry: bytes)…}: the first
-- number there ever was, the newest one or, with entries, at least one greater than the last of them
-- when there are more.
--
-- @include logs/_append
-- @include lib/read_stream
local head, entries = KEYS[1], KEYS[2]
local after, limit, bytes, listens = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local answer = {tonumber(redis.call('HGET', head, 'first') or 0), 0}
answer[2] = read_stream(entries, after, limit, bytes, 4, function(number, fields)
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3] = number, fields[2], fields[4]
end)
if listens > 0 then
  redis.call('HSET', head, 'until', integer(math.floor(microseconds() / 1000) + listens))
  -- A log that is followed is not forgotten; one that does not exist leaves no trace for long.
  local exists = redis.call('PEXPIRE', entries, KEEP_MS) == 1
  redis.call('PEXPIRE', head, exists and KEEP_MS or 60000)
end
return answer

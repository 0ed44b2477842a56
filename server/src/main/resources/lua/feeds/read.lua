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
local head, events = KEYS[1], KEYS[2]
local after, limit, bytes, listens = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local found = redis.call('XRANGE', events, '(0-' .. after, '+', 'COUNT', limit + 1)
local answer = {tonumber(redis.call('HGET', head, 'first') or 0), 0}
local left = bytes
for i = 1, #found do
  local number, fields = tonumber(string.sub(found[i][1], 3)), found[i][2]
  answer[2] = number
  left = left - string.len(fields[8])
  if i > limit or (left < 0 and i > 1) then
    break
  end
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = number, fields[2], fields[4], fields[8]
end
local newest = #found == 0 and redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
if newest then
  answer[2] = tonumber(string.sub(newest[1], 3))
end
if listens > 0 then
  redis.call('HSET', head, 'until', integer(math.floor(microseconds() / 1000) + listens))
  -- A feed that does not exist leaves no trace for long.
  if redis.call('EXISTS', events) == 0 then
    redis.call('PEXPIRE', head, 60000)
  end
end
return answer

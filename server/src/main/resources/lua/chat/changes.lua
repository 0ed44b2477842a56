-- Reads which chats were noted for a user.
--
-- KEYS[1] index
-- KEYS[2] changes
-- ARGV[1] number of the change after which to begin
-- ARGV[2] how many at most
-- ARGV[3] ms for which the server that reads listens for hints, 0 when it does not
-- ARGV[4] ms for which changes are kept
--
-- Returns {first: integer, newest: integer, (number: integer, chat: text)…}: the first number there was,
-- the newest one, and the changes.
--
-- @include lib/integer
-- @include lib/time
local index, changes = KEYS[1], KEYS[2]
local after, limit, listens, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local found = redis.call('XRANGE', changes, '(0-' .. after, '+', 'COUNT', limit)
local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)[1]
local answer = {
  tonumber(redis.call('HGET', index, 'first') or 0), newest and tonumber(string.sub(newest[1], 3)) or 0,
}
for i = 1, #found do
  answer[#answer + 1] = tonumber(string.sub(found[i][1], 3))
  answer[#answer + 1] = found[i][2][2]
end
if listens > 0 then
  redis.call('HSET', index, 'until', integer(math.floor(microseconds() / 1000) + listens))
  redis.call('PEXPIRE', index, keep)
  redis.call('PEXPIRE', changes, keep)
end
return answer

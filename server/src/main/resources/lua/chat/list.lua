-- Lists chats of a user in the order in which they were first noted.
--
-- Reads only.
--
-- KEYS[1] chats
-- KEYS[2] changes
-- ARGV[1] when the last one before was first noted, in microseconds
-- ARGV[2] how many
--
-- Returns {newest change: integer, (noted: integer, chat: text)…}: each with when it was first noted, in
-- microseconds.
local chats, changes = KEYS[1], KEYS[2]
local after, count = ARGV[1], ARGV[2]

local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)[1]
local found = redis.call(
  'ZRANGE', chats, '(' .. after, '+inf', 'BYSCORE', 'LIMIT', 0, count, 'WITHSCORES')
local answer = {newest and tonumber(string.sub(newest[1], 3)) or 0}
for i = 1, #found, 2 do
  answer[#answer + 1] = tonumber(found[i + 1])
  answer[#answer + 1] = found[i]
end
return answer

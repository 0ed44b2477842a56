-- Takes chats out of a user's, unless they were noted not long ago.
--
-- KEYS[1] chats
-- ARGV[1] ms for which they stay
-- ARGV[2..] chats
--
-- Returns {how many were taken out}.
--
-- @include lib/integer
-- @include lib/time
local chats = KEYS[1]
local stay = tonumber(ARGV[1]) * 1000
local gone = {select(2, unpack(ARGV))}

local now = microseconds()
local count = 0
for i = 1, #gone do
  local noted = redis.call('ZSCORE', chats, gone[i])
  if noted and tonumber(noted) <= now - stay then
    count = count + redis.call('ZREM', chats, gone[i])
  end
end
return {count}

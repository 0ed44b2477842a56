-- Takes chats out of a user's, unless they were noted not long ago.
--
-- KEYS[1] chats
-- KEYS[2] noted
-- ARGV[1] ms for which they stay
-- ARGV[2..] chats
--
-- Returns {stay: integer}: how many stay for now.
--
-- @include lib/integer
-- @include lib/time
local chats, noted = KEYS[1], KEYS[2]
local stay = tonumber(ARGV[1]) * 1000
local gone = {select(2, unpack(ARGV))}

local now = microseconds()
local stays = 0
for i = 1, #gone do
  local at = redis.call('HGET', noted, gone[i])
  if at and tonumber(at) > now - stay then
    stays = stays + 1
  else
    redis.call('ZREM', chats, gone[i])
    redis.call('HDEL', noted, gone[i])
  end
end
return {stays}

-- Takes back a note, unless the chat was noted once more since.
--
-- Goes first.
--
-- KEYS[1] chats
-- KEYS[2] noted
-- ARGV[1] chat
-- ARGV[2] when it was noted, in microseconds
--
-- Returns {taken back: flag}.
local chats, noted = KEYS[1], KEYS[2]
local chat, at = ARGV[1], ARGV[2]

if redis.call('HGET', noted, chat) ~= at then
  return {0}
end
redis.call('HDEL', noted, chat)
return {redis.call('ZREM', chats, chat)}

-- Notes that a user is about to be a member of a chat.
--
-- KEYS[1] index
-- KEYS[2] chats
-- KEYS[3] changes
-- ARGV[1] chat
-- ARGV[2] most chats
-- ARGV[3] ms for which changes are kept
--
-- Returns {1}; {0} when the user has as many chats as can be.
--
-- @include lib/integer
-- @include lib/time
local index, chats, changes = KEYS[1], KEYS[2], KEYS[3]
local chat, most, keep = ARGV[1], tonumber(ARGV[2]), ARGV[3]

if redis.call('ZCARD', chats) >= most and not redis.call('ZSCORE', chats, chat) then
  return {0}
end
local now = microseconds()
local newest = tonumber(redis.call('ZRANGE', chats, -1, -1, 'WITHSCORES')[2] or 0)
redis.call('ZADD', chats, integer(math.max(now, newest + 1)), chat)
local id = redis.call('XADD', changes, 'NOMKSTREAM', 'MAXLEN', '~', 100, '0-*', 'c', chat)
if not id then
  id = redis.call('XADD', changes, '0-' .. integer(now), 'c', chat)
  redis.call('HSET', index, 'first', integer(now))
end
redis.call('PEXPIRE', changes, keep)
redis.call('PEXPIRE', index, keep)
local listens = redis.call('HGET', index, 'until')
if listens and tonumber(listens) > now / 1000 then
  if redis.call('SPUBLISH', string.sub(index, 1, -6) .. 'hints', string.sub(id, 3)) == 0 then
    redis.call('HDEL', index, 'until')
  end
end
return {1}

-- Notes that a user is about to be a member of a chat.
--
-- KEYS[1] index
-- KEYS[2] chats
-- KEYS[3] noted
-- KEYS[4] changes
-- ARGV[1] chat
-- ARGV[2] most chats
-- ARGV[3] ms for which changes are kept
-- ARGV[4] ms between two times at which all chats of a user who has that many are looked at
--
-- Returns {noted: flag, time us: text, new: flag} with whether it was not noted before; {noted: flag,
-- look: flag} when the user has as many as can be, with whether it is time to look at all chats.
--
-- @include lib/integer
-- @include lib/time
local index, chats, noted, changes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local chat, most, keep, pause = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]) * 1000

local now = microseconds()
if redis.call('ZCARD', chats) >= most and not redis.call('ZSCORE', chats, chat) then
  local looked = tonumber(redis.call('HGET', index, 'looked') or 0)
  if now < looked + pause then
    return {0, 0}
  end
  redis.call('HSET', index, 'looked', integer(now))
  redis.call('PEXPIRE', index, keep)
  return {0, 1}
end
local newest = tonumber(redis.call('ZRANGE', chats, -1, -1, 'WITHSCORES')[2] or 0)
local isNew = redis.call('ZADD', chats, 'NX', integer(math.max(now, newest + 1)), chat)
redis.call('HSET', noted, chat, integer(now))
redis.call('PEXPIRE', noted, 120000)
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
return {1, integer(now), isNew}

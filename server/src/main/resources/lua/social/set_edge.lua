-- Notes another user in a list of a user, or takes it out.
--
-- KEYS[1] user
-- KEYS[2] list
-- ARGV[1] other user
-- ARGV[2] 1 to note it, 0 to take it out
-- ARGV[3] most
--
-- Returns {changed: flag}.
--
-- @include lib/integer
-- @include lib/time
-- @include social/_user
local user, list = KEYS[1], KEYS[2]
local other, on, most = ARGV[1], ARGV[2], tonumber(ARGV[3])

if on == '0' then
  return {redis.call('ZREM', list, other)}
end
if not is_there(user) then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
if redis.call('ZSCORE', list, other) then
  return {0}
end
if redis.call('ZCARD', list) >= most then
  return redis.error_reply('USER_LIST_FULL the list has ' .. integer(most) .. ' entries')
end
return {redis.call('ZADD', list, integer(math.floor(microseconds() / 1000)), other)}

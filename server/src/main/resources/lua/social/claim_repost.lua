-- Notes which status of a user reposts another one: the first, unless that one is gone.
--
-- KEYS[1] status
-- KEYS[2] reposts
-- ARGV[1] user
-- ARGV[2] id of the repost; '' to take it back
-- ARGV[3] id of the one that is gone, '' when that is not known
--
-- Returns {claimed: flag, repost: text}.
--
-- @include lib/integer
-- @include social/_status
local key, reposts = KEYS[1], KEYS[2]
local user, repost, gone = ARGV[1], ARGV[2], ARGV[3]

local status = parse_status(redis.call('GET', key))
local known = redis.call('HGET', reposts, user)
if repost == '' then
  if known ~= gone then
    return {0, known or ''}
  end
  redis.call('HDEL', reposts, user)
elseif not status or status.state == 'd' then
  return redis.error_reply('STATUS_NOT_FOUND there is no such status')
elseif known and known ~= gone then
  return {0, known}
else
  redis.call('HSET', reposts, user, repost)
end
if status and status.state ~= 'd' then
  status.reposts = integer(redis.call('HLEN', reposts))
  redis.call('SET', key, status_value(status), 'KEEPTTL')
end
return {1, repost}

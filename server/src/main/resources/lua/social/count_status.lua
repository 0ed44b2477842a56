-- Adds to a count of a status; no more when it is deleted.
--
-- KEYS[1] status
-- KEYS[2] who is counted
-- ARGV[1] likes, favorites, reposts or replies
-- ARGV[2] who
-- ARGV[3] 1 to count, 0 to take it back
-- ARGV[4] most of them
--
-- Returns {changed: flag, count: integer}.
--
-- @include lib/integer
-- @include social/_status
local key, counted = KEYS[1], KEYS[2]
local what, who, give, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local status = parse_status(redis.call('GET', key))
if not status or status.state == 'd' then
  return redis.error_reply('STATUS_NOT_FOUND there is no such status')
end
if give == '1' and redis.call('SCARD', counted) >= most then
  return redis.error_reply('USER_LIST_FULL the status has as many as it may have')
end
local changed = redis.call(give == '1' and 'SADD' or 'SREM', counted, who)
if changed == 1 then
  status[what] = integer(redis.call('SCARD', counted))
  redis.call('SET', key, status_value(status), 'KEEPTTL')
end
return {changed, tonumber(status[what])}

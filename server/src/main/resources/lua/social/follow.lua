-- Makes a user follow another one, or puts a user on a list.
--
-- KEYS[1] user
-- KEYS[2] following
-- KEYS[3] blocks
-- KEYS[4] blockers
-- KEYS[5] outbox
-- KEYS[6] worker
-- KEYS[7] quota
-- KEYS[8] requested
-- ARGV[1] other user
-- ARGV[2] most that may be followed
-- ARGV[3] most entries of the outbox
-- ARGV[4] token of the caller
-- ARGV[5] lease in ms
--
-- Returns {created: flag, time ms: integer, works: flag}.
--
-- @include lib/integer
-- @include lib/time
-- @include social/_user
-- @include social/_outbox
local user_key, following, blocks, blockers, outbox, worker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local quota, requested = KEYS[7], KEYS[8]
local other, most, most_waiting, token, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

local user, refusal = load_user(user_key)
if not user then
  return refusal
end
if redis.call('ZSCORE', blocks, other) or redis.call('ZSCORE', blockers, other) then
  return redis.error_reply('USER_BLOCKED one of the two users blocks the other')
end
local since = redis.call('ZSCORE', following, other)
if since then
  return {0, tonumber(since), 0}
end
if redis.call('ZCARD', following) >= most then
  return redis.error_reply('USER_FOLLOWING_FULL allowed are ' .. integer(most))
end
if not has_room(outbox, most_waiting) then
  return outbox_full()
end
refusal = count_quota(quota, user.follows, 'follows')
if refusal then
  return refusal
end
local now = math.floor(microseconds() / 1000)
redis.call('ZADD', following, integer(now), other)
redis.call('ZREM', requested, other)
return {1, now, push(outbox, worker, token, lease, 'f ' .. other .. ' ' .. integer(now))}

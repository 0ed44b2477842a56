-- Ends that a user follows another one, or takes a user off a list, with all that brought.
--
-- KEYS[1] user
-- KEYS[2] following
-- KEYS[3] home
-- KEYS[4] merged
-- KEYS[5] outbox
-- KEYS[6] worker
-- KEYS[7] watch
-- KEYS[8] events
-- KEYS[9] requested
-- ARGV[1] other user
-- ARGV[2] token of the caller
-- ARGV[3] lease in ms
-- ARGV[4] 1 to refill the timeline
--
-- Returns {removed: flag, purged: integer, works: flag}.
--
-- @include social/_outbox
-- @include social/_purge
local user, following, home, merged, outbox, worker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local watch, events, requested = KEYS[7], KEYS[8], KEYS[9]
local other, token, lease, refills = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('EXISTS', user) == 0 then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
redis.call('ZREM', requested, other)
local since, purged = unfollow(following, home, merged, watch, events, other)
if not since then
  return {0, purged, 0}
end
local works = push(outbox, worker, token, lease, 'u ' .. other .. ' ' .. since)
if purged > 0 and refills == '1' then
  push(outbox, worker, token, lease, 'r')
end
return {1, purged, works}

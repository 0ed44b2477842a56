-- Notes that a user blocks another one, or is blocked by it, and ends what the two have with each other
-- on this side.
--
-- KEYS[1] user
-- KEYS[2] blocks or blockers
-- KEYS[3] following
-- KEYS[4] home
-- KEYS[5] merged
-- KEYS[6] outbox
-- KEYS[7] worker
-- KEYS[8] watch
-- KEYS[9] events
-- KEYS[10] requests
-- KEYS[11] requested
-- ARGV[1] other user
-- ARGV[2] most that may be blocked
-- ARGV[3] entry for the outbox, '' for none
-- ARGV[4] token of the caller
-- ARGV[5] lease in ms
-- ARGV[6] most entries of the outbox
--
-- Returns {created: flag, works: flag}.
--
-- @include social/_outbox
-- @include social/_purge
-- @include social/_user
local user, blocks, following, home, merged, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local worker, watch, events, requests, requested = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local other, most, task, token, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local most_waiting = ARGV[6]

if not is_there(user) then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
local known = redis.call('ZSCORE', blocks, other)
if not known and task ~= '' and redis.call('ZCARD', blocks) >= most then
  return redis.error_reply('USER_LIST_FULL the user blocks ' .. integer(most) .. ' others')
end
if not known and task ~= '' and not has_room(outbox, most_waiting) then
  return outbox_full()
end
redis.call('ZADD', blocks, 'NX', integer(math.floor(microseconds() / 1000)), other)
redis.call('ZREM', requests, other)
redis.call('ZREM', requested, other)
local since, purged = unfollow(following, home, merged, watch, events, other)
local works = 0
if task ~= '' and not known then
  works = push(outbox, worker, token, lease, task)
end
if since then
  works = math.max(works, push(outbox, worker, token, lease, 'u ' .. other .. ' ' .. since))
end
if purged > 0 then
  works = math.max(works, push(outbox, worker, token, lease, 'r'))
end
return {known and 0 or 1, works}

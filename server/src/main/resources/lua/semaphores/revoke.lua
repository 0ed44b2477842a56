-- Takes the permits of one holder away and hands them to the first in the queue.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] revoked
-- ARGV[1] id of the holder
-- ARGV[2] by whom and why, as the holder is told
--
-- Returns {permits: integer, more: flag}, when more is to be handed over than is done in one go.
--
-- @include semaphores/_resource
-- @include lib/hand_over
local keys, revoked, id, explanation = by_name(KEYS), KEYS[6], ARGV[1], ARGV[2]

local sem = read(keys, microseconds())
local record = redis.call('HGET', keys.grants, id)
local grant = record and parse_grant(record)
if not grant or grant.expire <= sem.ms then
  return not_held('there is no such holder of the semaphore')
end
end_grant(sem, grant)
redis.call(
  'SET', revoked, explanation, 'PXAT', integer(math.max(grant.expire, sem.ms + 600000)))
return {grant.permits, hand_over(sem) and 1 or 0}

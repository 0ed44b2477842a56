-- Takes the permits of one holder away and hands them to the first in line.
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
-- Returns {number of permits, 1 when more is to be handed over than is done in one go, else 0}.
--
-- @include lib/semaphore_line
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local revoked = KEYS[6]
local id, reason = ARGV[1], ARGV[2]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
local record = sem and redis.call('HGET', grants, id)
local grant = record and parse_grant(record)
if not grant or grant.expire <= sem.ms then
  return redis.error_reply('SEMAPHORE_NOT_HELD there is no such holder of the semaphore')
end
take_back(sem, grant)
redis.call(
  'SET', revoked, reason, 'PXAT', integer(math.max(grant.expire, sem.ms + 600000)))
local more = hand_over(sem, line, servers)
write_semaphore(sem)
return {grant.permits, more and 1 or 0}

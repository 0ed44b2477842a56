-- Sets the time the lease still runs.
--
-- KEYS[1] owner
-- ARGV[1] token of the holder
-- ARGV[2] lease in milliseconds
-- ARGV[3] call that must be the keeper, '' for any
--
-- Returns {fence, end of the lease in ms}.
--
-- @include lib/lock_keeper
local owner = KEYS[1]
local token, lease, keeper = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local now = microseconds()
local lock = read_lock(owner, now)
if not lock.held or lock.token ~= token then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
if keeper ~= '' and lock.keeper ~= keeper then
  return redis.error_reply('LOCK_NOT_HELD another call holds the lock with this token')
end
hand_to_keeper(owner, lock, lock.keeper, math.floor(now / 1000) + lease)
return {lock.fence, lock.expire}

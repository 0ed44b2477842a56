-- Takes over a grant with its token: the caller becomes its keeper, and its lease starts anew.
--
-- KEYS[1] owner
-- ARGV[1] token of the grant
-- ARGV[2] lease in milliseconds
-- ARGV[3] call that takes it over
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
hand_to_keeper(owner, lock, keeper, math.floor(now / 1000) + lease)
return {lock.fence, lock.expire}

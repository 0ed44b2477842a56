-- Tells who holds the lock and how many wait.
--
-- KEYS[1] owner
-- KEYS[2] line
--
-- Returns {1, fence, number of waiters, label of the holder, time of the grant in ms, end of the
-- lease in ms} when held, {0, last fence, number of waiters} when free.
--
-- @include lib/lock_state
local owner, line = KEYS[1], KEYS[2]

local waiters = redis.call('ZCARD', line)
local lock = read_lock(owner, microseconds())
if not lock.held then
  return {0, lock.fence, waiters}
end
return {1, lock.fence, waiters, lock.holder, lock.since, lock.expire}

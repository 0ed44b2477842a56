-- @include lib/lock_state
--
-- Frees a lock, keeping its fence. Returns the lock as it is now.
local function free(owner, lock)
  redis.call('SET', owner, '- - ' .. integer(lock.fence) .. ' 0 0 0 - ', 'KEEPTTL')
  return {held = false, fence = lock.fence, holder = ''}
end

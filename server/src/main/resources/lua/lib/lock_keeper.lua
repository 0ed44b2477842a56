-- @include lib/lock_state
--
-- Makes another call the keeper of a grant, with a lease that ends at a time in milliseconds.
local function hand_to_keeper(owner, lock, keeper, expire)
  lock.keeper, lock.expire = keeper, expire
  write_lock(owner, lock)
end

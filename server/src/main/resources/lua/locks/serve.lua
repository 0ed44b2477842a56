-- Goes on handing over what one script did not.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
--
-- Returns {1 when there is still more, else 0}.
--
-- @include lib/lock_keys
-- @include lib/lock_line
local lock = read_lock(by_name(KEYS), microseconds())
local more = (lock.shared or not lock.held) and hand_over(lock)
return {more and 1 or 0}

-- Asks that changes be told for a while, and tells how the lock stands.
--
-- KEYS[1] owner
-- KEYS[2] marks
--
-- Returns {'free' or 'lapsed' or 'held', time in microseconds, newest fence, 1 for readers, end of the
-- last lease in ms, number of readers, label of the holder}.
--
-- @include lib/lock_marks
local keys = {owner = KEYS[1], marks = KEYS[2]}

local lock = read_lock(keys, microseconds())
mark(lock, WATCHED)
local stands = lock.held and 'held' or lock.lapsed and 'lapsed' or 'free'
local reading = lock.token == '+' and 1 or 0
return {stands, lock.now, lock.fence, reading, lock.expire, count_readers(lock), lock.holder}

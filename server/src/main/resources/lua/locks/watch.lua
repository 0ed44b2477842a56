-- Asks that changes be told for a while, tells which readers' leases have ended while others go on,
-- and how the lock stands.
--
-- KEYS[1] owner
-- KEYS[2] marks
-- KEYS[3] shares
--
-- Returns {'free' or 'lapsed' or 'held', time in microseconds, newest fence, 1 for readers, end of the
-- last lease in ms, number of readers, ms until the first of the leases ends or 0 when the lock is
-- free, label of the holder}.
--
-- @include lib/lock_marks
local keys = {owner = KEYS[1], marks = KEYS[2], shares = KEYS[3]}

local lock = read_lock(keys, microseconds())
mark(lock, WATCHED)
local stands = lock.held and 'held' or lock.lapsed and 'lapsed' or 'free'
local first = lock.held and lock.expire or lock.time
if lock.shared then
  -- @include lib/lock_watch
  local leases = redis.call('ZREVRANGEBYSCORE', keys.marks, '(0', '-inf', 'WITHSCORES',
    'LIMIT', 0, 101)
  for i = 1, #leases, 2 do
    first = -tonumber(leases[i + 1])
    if first > lock.time then
      break
    end
    local ended = reader(lock, leases[i], first)
    drop_reader(lock, ended.token)
    tell(lock, 'expired', ended)
  end
end
local reading = lock.token == '+' and 1 or 0
return {
  stands, lock.now, lock.fence, reading, lock.expire, count_readers(lock),
  math.max(first - lock.time, lock.held and 1 or 0), lock.holder,
}

-- Asks that changes be told for a while, tells which readers' leases have ended while others go on,
-- and how the lock stands.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
--
-- Returns {state: text, time in microseconds: integer, newest fence: integer, shared: flag, last lease end ms:
-- integer, readers: integer, ms until the first of the leases ends: integer, label of the holder: text}; the
-- state is 'free', 'lapsed' or 'held'.
--
-- @include locks/_readers
local keys = by_name(KEYS)

local lock = read(keys, microseconds())
mark(lock, WATCHED)
local stands = lock.held and 'held' or lock.lapsed and 'lapsed' or 'free'
local first = lock.held and lock.expire or lock.ms
if lock.shared then
  local leases = redis.call('ZREVRANGEBYSCORE', keys.servers, '(0', '-inf', 'WITHSCORES',
    'LIMIT', 0, 101)
  for i = 1, #leases, 2 do
    first = -tonumber(leases[i + 1])
    if first > lock.ms then
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
  math.max(first - lock.ms, lock.held and 1 or 0), lock.label,
}

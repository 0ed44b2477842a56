-- Takes the lock if nobody holds it and nobody waits for it. Never waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- ARGV[1] token of the caller
-- ARGV[2] lease in milliseconds
-- ARGV[3] label of the caller
--
-- Returns {1, token, fence, end of the lease in ms} when taken,
-- {0, label of the holder, ms its lease still runs, place in line a waiter would get} when held.
local owner, line, servers = KEYS[1], KEYS[2], KEYS[3]
local token, lease, holder = ARGV[1], ARGV[2], ARGV[3]

-- The usual case is a lock that is free and not waited for. It is written out here, without the
-- functions of lib/lock_state, whose making alone would cost a third of the script.
local value = redis.call('GET', owner)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local since = math.floor(now / 1000)
local last, ends = 0, 0
if value then
  last, ends = string.match(value, '^%S+ %S+ (%S+) %S+ (%S+)')
end
if tonumber(ends) <= since and redis.call('EXISTS', line) == 0 then
  local fence, expire = math.max(last + 1, now), since + lease
  local taken = string.format(
    '%s %s %.0f %.0f %.0f %s - %s', token, token, fence, since, expire, lease, holder)
  redis.call('SET', owner, taken, 'PXAT', expire + 86400000)
  return {1, token, fence, expire}
end

-- @include lib/lock_line
local lock = read_lock(owner, now)
if not lock.held then
  lock = hand_over(owner, lock, line, servers, now)
end
local waiting = redis.call('ZCARD', line)
if lock.held or waiting > 0 then
  return {0, lock.holder, lock.held and lock.left or 0, waiting + 1}
end
return granted(grant(owner, lock, now, token, lease, '-', holder))

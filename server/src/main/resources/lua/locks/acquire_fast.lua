-- Takes the lock for one holder if nobody holds it and nobody waits for it. Never waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- ARGV[1] token of the caller
-- ARGV[2] lease in milliseconds
-- ARGV[3] label of the caller
--
-- Returns {outcome: integer, token: text, fence: integer, lease end ms: integer, note: text} with 1 when taken,
-- {outcome: integer, label of the holder: text, ms its lease still runs: integer, place a waiter would get:
-- integer, ticket: integer, more: flag} with 0 when held, {outcome: integer} with 2 when that takes more than
-- these keys, or the lease was written while the clock was ahead: locks/acquire does it.
local owner, line, marks = KEYS[1], KEYS[2], KEYS[3]
local token, lease, label = ARGV[1], ARGV[2], ARGV[3]

-- The usual case is a lock that is free and not waited for. It is written out here: making the table that
-- locks/_state reads a lock into would alone cost a third of the script.
local value = redis.call('GET', owner)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local since = math.floor(now / 1000)
local last, ends = 0, 0
if value then
  last, ends = string.match(value, '^%S+ %S+ (%S+) %S+ (%S+)')
end
if ends - since > 86400000 then
  return {2}
end
if tonumber(ends) > since then
  local holder = string.match(value, '^%S+ %S+ %S+ %S+ %S+ %S+ %S+ (.*)$')
  return {0, holder, ends - since, redis.call('ZCARD', line) + 1, 0, 0}
end
local fence, expire = math.max(last + 1, now), since + lease
local noticed = redis.call('EXISTS', line, marks) > 0
if noticed and (tonumber(ends) > 0 or redis.call('EXISTS', line) == 1) then
  return {2}
end
local taken = string.format(
  '%s %s %.0f %.0f %.0f %s - %s', token, token, fence, since, expire, lease, label)
redis.call('SET', owner, taken, 'PXAT', expire + 86400000)
if noticed and tonumber(redis.call('ZSCORE', marks, '*') or 0) > since then
  -- As tell() of locks/_readers writes it.
  redis.call('SPUBLISH', string.sub(owner, 1, -6) .. 'events',
    string.format('acquired %.0f %.0f x %.0f 0 %.0f %s\n', now, fence, expire, fence, label))
end
return {1, token, fence, expire, ''}

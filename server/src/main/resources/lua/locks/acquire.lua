-- Takes the lock, alone or as a reader, for a request that may have been sent before. Never waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] waiter
-- ARGV[2] what its request asks for
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, note: text} when taken, now or
-- before, {granted: flag, label of the holder: text, ms its lease still runs: integer, place a waiter would
-- get: integer, ticket: integer, more: flag} when held.
local owner, line, marks, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[5]
local text, body = ARGV[1], ARGV[2]

-- The usual case is written out, as in locks/acquire_fast.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last, ends = string.match(
  redis.call('GET', owner) or '- - 0 0 0', '^%S+ %S+ (%S+) %S+ (%S+)')
local since = math.floor(now / 1000)
if tonumber(ends) <= since and redis.call('EXISTS', line, marks, request_key) == 0 then
  local token, lease, request, mode, label = string.match(
    text, '^%S+ (%S+) (%S+) (%S+) (%S+) (.*)$')
  if mode == 'x' then
    local fence, expire = math.max(last + 1, now), since + lease
    local taken = string.format('%s %s %.0f %.0f %.0f %s %s %s',
      token, token, fence, since, expire, lease, request, label)
    redis.call('SET', owner, taken, 'PXAT', expire + 86400000)
    if request ~= '-' then
      -- As remember() of lib/request_memory writes it.
      redis.call('SET', request_key, token .. ' ' .. body, 'PX', math.max(600000, lease))
    end
    return {1, token, fence, expire, ''}
  end
end
-- @include locks/_resource
-- @include lib/acquire
local waiter = parse_waiter(text)
return acquire(read(by_name(KEYS), now), waiter, body)

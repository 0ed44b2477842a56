-- Takes permits if enough are free and nobody waits, for a request that may have been sent before. Never
-- waits.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
-- ARGV[1] waiter
-- ARGV[2] what its request asks for
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, permits in use and limit: text}
-- when taken, now or before, {granted: flag, permits in use and limit: text, ms until the first lease ends:
-- integer, place a waiter would get: integer, ticket: integer, more: flag} else.
local state, holders, grants, line, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6]
local text, body = ARGV[1], ARGV[2]

-- The usual case is that permits are free, no lease has run out or was written while the clock was ahead,
-- and nobody waits. It is written out here, without the functions of semaphores/_state, whose making alone
-- would cost as much.
local value = redis.call('GET', state)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if value and redis.call('EXISTS', line, request_key) == 0 then
  local ms = math.floor(now / 1000)
  local token, lease, request, permits, label = string.match(
    text, '^%S+ (%S+) (%S+) (%S+) (%d+)%S* (.*)$')
  local known, default, used, fence, keep, kind =
    string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  local first_end = used == '0' and 1 or redis.call('ZRANGE', holders, 0, 0, 'WITHSCORES')[2]
  if used + permits <= tonumber(known) and first_end
    and (used == '0' or tonumber(first_end) > ms and keep - ms <= 86460000) then
    local id = string.sub(token, 1, 11)
    local expire = ms + (lease == '0' and default or lease)
    fence = math.max(fence + 1, now)
    redis.call('ZADD', holders, expire, id)
    redis.call('HSET', grants, id, string.format(
      '%s %.0f %.0f %.0f %s %s %s %s', permits, expire, ms, fence, token, token, request, label))
    if used == '0' or expire > tonumber(keep) then
      keep = expire + 60000
      redis.call('PEXPIREAT', holders, keep)
      redis.call('PEXPIREAT', grants, keep)
    end
    local taken = string.format(
      '%s %s %.0f %.0f %.0f %s', known, default, used + permits, fence, keep, kind)
    if kind == 'c' then
      redis.call('SET', state, taken)
    else
      redis.call('SET', state, taken, 'PXAT', keep + 86400000)
    end
    if request ~= '-' then
      -- As remember() of lib/request_memory writes it.
      redis.call('SET', request_key, token .. ' ' .. body, 'PX', math.max(600000, expire - ms))
    end
    return {1, token, fence, expire, string.format('%.0f %s', used + permits, known)}
  end
end

-- @include semaphores/_resource
-- @include lib/acquire
local waiter = parse_waiter(text)
return acquire(read(by_name(KEYS), now, waiter.terms), waiter, body)

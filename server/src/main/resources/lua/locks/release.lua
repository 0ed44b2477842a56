-- Gives the lock back and hands it to the first in line.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] token of the holder
--
-- Returns {more: flag}, when more is to be handed over than is done in one go.
local owner, line, marks, token = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

-- The usual case is written out, as in locks/acquire_fast.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held, fence, ends = string.match(
  redis.call('GET', owner) or '', '^(%S+) %S+ (%S+) %S+ (%S+)')
if not held or tonumber(ends) <= math.floor(now / 1000) or held ~= token and held ~= '+' then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
if held ~= '+' and redis.call('EXISTS', line, marks) == 0 then
  -- As free_lock() of locks/_readers writes it.
  redis.call('SET', owner, '- - ' .. fence .. ' 0 0 0 - ', 'KEEPTTL')
  return {0}
end
-- So is a line whose first waiter wants the lock for itself and is alive, when nobody watches: it is
-- granted the lock as hand_over() of lib/hand_over does it.
local first = held ~= '+' and redis.call('ZRANGE', line, 0, 0)[1]
if first and not string.find(first, '^%S+ s%.') then
  local server, next_token, lease, request, label = string.match(
    first, '^(%S+) (%S+) (%S+) (%S+) %S+ (.*)$')
  local since = math.floor(now / 1000)
  local seen = redis.call('ZMSCORE', marks, server, '*')
  if tonumber(seen[1] or 0) > since and tonumber(seen[2] or 0) <= since then
    local newest, expire = math.max(fence + 1, now), since + lease
    local hint = string.format('%s %.0f %.0f ', next_token, newest, expire)
    if redis.call('SPUBLISH', string.sub(owner, 1, -6) .. 'hints:' .. server, hint) > 0 then
      redis.call('ZREM', line, first)
      local granted = string.format('%s %s %.0f %.0f %.0f %s %s %s',
        next_token, next_token, newest, since, expire, lease, request, label)
      redis.call('SET', owner, granted, 'PXAT', expire + 86400000)
      return {0}
    end
  end
end
-- @include locks/_resource
-- @include lib/release
return release(read(by_name(KEYS), now), token)

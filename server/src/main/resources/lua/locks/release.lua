-- Gives the lock back and hands it to the first in line.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- ARGV[1] token of the holder
--
-- Returns {1}.
local owner, line, servers = KEYS[1], KEYS[2], KEYS[3]
local token = ARGV[1]

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held, fence, ends = string.match(
  redis.call('GET', owner) or '', '^(%S+) %S+ (%S+) %S+ (%S+)')
if held ~= token or tonumber(ends) <= math.floor(now / 1000) then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
-- As free() of lib/lock_free writes it.
redis.call('SET', owner, '- - ' .. fence .. ' 0 0 0 - ', 'KEEPTTL')
if redis.call('EXISTS', line) == 1 then
  -- @include lib/lock_line
  hand_over(owner, read_lock(owner, now), line, servers, now)
end
return {1}

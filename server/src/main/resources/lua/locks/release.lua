-- Gives the lock back and hands it to the first in line.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] token of the holder
--
-- Returns {1}.
local owner, line, marks, token = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

-- The usual case is written out, as in locks/acquire.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held, fence, ends = string.match(
  redis.call('GET', owner) or '', '^(%S+) %S+ (%S+) %S+ (%S+)')
if not held or tonumber(ends) <= math.floor(now / 1000) or held ~= token and held ~= '+' then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
if held ~= '+' and redis.call('EXISTS', line, marks) == 0 then
  -- As free_lock() of lib/lock_state writes it.
  redis.call('SET', owner, '- - ' .. fence .. ' 0 0 0 - ', 'KEEPTTL')
  return {1}
end
-- @include lib/lock_keys
-- @include lib/lock_line
local lock = read_lock(by_name(KEYS), now)
local grant = find_grant(lock, token)
if not grant then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
give_back(lock, grant)
hand_over(lock)
return {1}

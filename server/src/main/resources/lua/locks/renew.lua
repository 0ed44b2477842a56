-- Sets the time the lease still runs.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] token of the holder
-- ARGV[2] lease in milliseconds
-- ARGV[3] call that must be a keeper, '' for any
-- ARGV[4] call that becomes the only keeper, '' for none
--
-- Returns {fence: integer, lease end ms: integer}.
local owner = KEYS[1]
local token, lease, keeper, new_owner = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

-- An exclusive holder is written out, as in locks/acquire_fast.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local expire = math.floor(now / 1000) + lease
local held, keeps, fence, since, ends, rest = string.match(
  redis.call('GET', owner) or '', '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
if not held or tonumber(ends) <= expire - lease or held ~= token and held ~= '+' then
  return redis.error_reply('LOCK_NOT_HELD this token does not hold the lock')
end
if held == '+' then
  -- @include locks/_resource
  -- @include lib/renew
  return renew(read(by_name(KEYS), now), token, lease, keeper, new_owner)
end
-- As is_keeper() of lib/keepers finds it.
if keeper ~= '' and not string.find(',' .. keeps .. ',', ',' .. keeper .. ',', 1, true) then
  return redis.error_reply('LOCK_NOT_HELD another call holds the lock with this token')
end
local renewed = string.format('%s %s %s %s %.0f %s',
  token, new_owner ~= '' and new_owner or keeps, fence, since, expire, rest)
redis.call('SET', owner, renewed, 'PXAT', expire + 86400000)
return {tonumber(fence), expire}

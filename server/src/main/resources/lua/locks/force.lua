-- Takes the lock from whoever holds it and hands it to the first in line.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] forced
-- ARGV[1] explanation
-- ARGV[2] fence that must be the newest, 0 for any
--
-- Returns {1, label of the holder, its fence, number of readers} when taken, {0} otherwise.
--
-- @include lib/lock_keys
-- @include lib/lock_line
local keys, forced = by_name(KEYS), KEYS[5]
local explanation, fence = ARGV[1], tonumber(ARGV[2])

local VICTIMS, MEMORY_MS = 10000, 600000

local lock = read_lock(keys, microseconds())
if not lock.held or fence ~= 0 and fence ~= lock.fence then
  return {0}
end
local was = {
  token = lock.token, fence = lock.fence, holder = lock.holder, expire = lock.expire,
  victims = {lock.token}, readers = 0,
}
if lock.shared then
  was.readers, was.victims = count_readers(lock), {}
  local last = last_readers(lock, VICTIMS)
  for i = 1, #last, 2 do
    was.victims[#was.victims + 1] = last[i]
  end
  redis.call('ZREMRANGEBYSCORE', keys.marks, '-inf', '(0')
  redis.call('DEL', keys.shares)
end
if redis.call('HLEN', forced) + #was.victims > VICTIMS then
  redis.call('DEL', forced)
end
for _, token in ipairs(was.victims) do
  redis.call('HSET', forced, token, explanation)
end
local until_time = math.max(
  redis.call('PEXPIRETIME', forced), was.expire, lock.time + MEMORY_MS)
redis.call('PEXPIREAT', forced, integer(until_time))
free_lock(lock)
tell(lock, 'forced', was, explanation)
hand_over(lock)
return {1, was.holder, was.fence, was.readers}

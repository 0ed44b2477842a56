-- Takes the lock from whoever holds it and hands it to the first in line.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] forced
-- ARGV[1] by whom and why
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
  token = lock.token, fence = lock.fence, holder = lock.holder, readers = 0,
  victims = {{token = lock.token, expire = lock.expire}},
}
if lock.shared then
  was.readers, was.victims = count_readers(lock), {}
  local last = last_readers(lock, VICTIMS)
  for i = 1, #last, 2 do
    was.victims[#was.victims + 1] = {token = last[i], expire = -tonumber(last[i + 1])}
  end
  redis.call('ZREMRANGEBYSCORE', keys.marks, '-inf', '(0')
  redis.call('DEL', keys.shares)
end

-- When there would be too many, those go first whose time is over first.
local room = VICTIMS - #was.victims
if redis.call('HLEN', forced) > room then
  local all, remembered = redis.call('HRANDFIELD', forced, VICTIMS, 'WITHVALUES'), {}
  for i = 1, #all, 2 do
    local ends = tonumber(string.match(all[i + 1], '^%d+'))
    remembered[#remembered + 1] = {token = all[i], ends = ends}
  end
  table.sort(remembered, function(one, other) return one.ends < other.ends end)
  for i = 1, #remembered - room do
    redis.call('HDEL', forced, remembered[i].token)
  end
end
local until_time = redis.call('PEXPIRETIME', forced)
for _, victim in ipairs(was.victims) do
  local ends = math.max(victim.expire, lock.time + MEMORY_MS)
  redis.call('HSET', forced, victim.token, integer(ends) .. ' ' .. explanation)
  until_time = math.max(until_time, ends)
end
redis.call('PEXPIREAT', forced, integer(until_time))
free_lock(lock)
tell(lock, 'forced', was, explanation)
hand_over(lock)
return {1, was.holder, was.fence, was.readers}

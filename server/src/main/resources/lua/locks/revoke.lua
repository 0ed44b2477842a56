-- Takes the lock from whoever holds it and hands it to the first in line.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] revoked
-- ARGV[1] by whom and why
-- ARGV[2] fence that must be the newest, 0 for any
--
-- Returns {revoked: flag, more: flag, label of the holder: text, its fence: integer, readers: integer} when
-- taken, {revoked: flag} otherwise. More tells that more is to be handed over than is done in one go.
--
-- @include locks/_resource
-- @include lib/hand_over
local keys, revoked = by_name(KEYS), KEYS[5]
local explanation, fence = ARGV[1], tonumber(ARGV[2])

local VICTIMS, MEMORY_MS = 10000, 600000

local lock = read(keys, microseconds())
if not lock.held or fence ~= 0 and fence ~= lock.fence then
  return {0}
end
local was = {
  token = lock.token, fence = lock.fence, label = lock.label, readers = 0,
  victims = {{token = lock.token, expire = lock.expire}},
}
if lock.shared then
  was.readers, was.victims = count_readers(lock), {}
  local last = last_readers(lock, VICTIMS)
  for i = 1, #last, 2 do
    was.victims[#was.victims + 1] = {token = last[i], expire = -tonumber(last[i + 1])}
  end
  redis.call('ZREMRANGEBYSCORE', keys.servers, '-inf', '(0')
  redis.call('DEL', keys.shares)
end

-- When there would be too many, those go first whose time is over first.
local room = VICTIMS - #was.victims
if redis.call('HLEN', revoked) > room then
  local all, remembered = redis.call('HRANDFIELD', revoked, VICTIMS, 'WITHVALUES'), {}
  for i = 1, #all, 2 do
    local ends = tonumber(string.match(all[i + 1], '^%d+'))
    remembered[#remembered + 1] = {token = all[i], ends = ends}
  end
  table.sort(remembered, function(one, other) return one.ends < other.ends end)
  for i = 1, #remembered - room do
    redis.call('HDEL', revoked, remembered[i].token)
  end
end
local until_time = redis.call('PEXPIRETIME', revoked)
for _, victim in ipairs(was.victims) do
  local ends = math.max(victim.expire, lock.ms + MEMORY_MS)
  redis.call('HSET', revoked, victim.token, integer(ends) .. ' ' .. explanation)
  until_time = math.max(until_time, ends)
end
redis.call('PEXPIREAT', revoked, integer(until_time))
free_lock(lock)
tell(lock, 'revoked', was, explanation)
return {1, hand_over(lock) and 1 or 0, was.label, was.fence, was.readers}

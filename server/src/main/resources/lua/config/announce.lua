-- Makes an instance known, or renews its lease. An instance that is known as it is makes no change.
--
-- Goes first.
--
-- KEYS[1] instances
-- KEYS[2] leases
-- KEYS[3] log
-- ARGV[1] instance
-- ARGV[2] keeper: the Announce that has it
-- ARGV[3] lease in milliseconds
-- ARGV[4] 1 to take it over from another keeper, 0 to renew
-- ARGV[5] value
-- ARGV[6] how many instances a service may have
--
-- Returns {announced: flag, lease end ms: integer}, or {announced: flag} when another keeper has taken
-- it over.
--
-- @include config/_leases
local values, leases, log = KEYS[1], KEYS[2], KEYS[3]
local instance, keeper, lease, takes = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local value, limit = ARGV[5], tonumber(ARGV[6])

local now = microseconds()
reap(values, leases, log, now)
local group, known = read_group(values, instance)
local gone = known and is_gone(known)
local version, time, owner, present = parse(known or '0 0 \n')
if known and not takes and (gone or owner ~= keeper) then
  return {0}
end
if known and not gone and present == value then
  if owner ~= keeper then
    redis.call('HSET', values, instance, version .. ' ' .. time .. ' ' .. keeper .. '\n' .. value)
  end
elseif not known and redis.call('HLEN', values) > limit then
  return redis.error_reply('CONFIG_SERVICE_FULL a service has at most ' .. limit .. ' instances')
elseif not change(values, log, group, now, instance, not gone and known, keeper, value) then
  return redis.error_reply('CONFIG_SERVICE_FULL a service has at most ' .. GROUP_BYTES .. ' bytes')
end
local ends = math.floor(now / 1000) + lease
redis.call('ZADD', leases, integer(ends), instance)
redis.call('PEXPIRE', values, MEMORY_MS)
redis.call('PEXPIRE', leases, MEMORY_MS)
redis.call('PEXPIRE', log, MEMORY_MS)
return {1, ends}

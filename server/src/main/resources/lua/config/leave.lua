-- Takes an instance out, if this keeper has it.
--
-- Goes first.
--
-- KEYS[1] instances
-- KEYS[2] leases
-- KEYS[3] log
-- ARGV[1] instance
-- ARGV[2] keeper
--
-- Returns {done: flag}.
--
-- @include config/_leases
local values, leases, log = KEYS[1], KEYS[2], KEYS[3]
local instance, keeper = ARGV[1], ARGV[2]

local now = microseconds()
local group, known = read_group(values, instance)
local _, _, owner = parse(known or '0 0 \n')
if known and owner == keeper and not is_gone(known) then
  local version = integer((change(values, log, group, now, instance, known)))
  local time = math.floor(now / 1000)
  redis.call('HSET', values, instance, '-' .. version .. ' ' .. integer(time) .. ' ' .. keeper .. '\n')
  redis.call('ZADD', leases, integer(time + GONE_MS), instance)
end
return {1}

-- @include config/_group
--
-- Instances of a service: the word of each is its keeper, the Announce that has it. The leases are a
-- sorted set of the instances by the end of the lease in ms. An instance that went stays for a
-- minute, with a negative version, so that an older Announce does not bring it back.

local GONE_MS = 60000
local MEMORY_MS = 3600000

local function is_gone(thing)
  return string.sub(thing, 1, 1) == '-'
end

-- Takes out the instances whose leases have ended.
local function reap(values, leases, log, now)
  local ended = redis.call(
    'ZRANGE', leases, '-inf', integer(math.floor(now / 1000)), 'BYSCORE', 'LIMIT', 0, 1000)
  for _, instance in ipairs(ended) do
    local group, thing = read_group(values, instance)
    redis.call('ZREM', leases, instance)
    if thing and is_gone(thing) then
      redis.call('HDEL', values, instance)
    elseif thing then
      change(values, log, group, now, instance, thing)
    end
  end
end

-- @include lib/integer
-- @include lib/time
--
-- A slot that one caller holds at a time. Its value, split by single spaces: token, keepers, fence, end of
-- the lease in milliseconds, request id or '-', label.

local function by_name(keys)
  return {slot = keys[1], line = keys[2], servers = keys[3], request = keys[4]}
end

local function read(keys, now)
  local slot = {
    keys = keys, now = now, ms = math.floor(now / 1000), default_lease = 10000, token = '-', fence = 0,
    expire = 0,
  }
  local value = redis.call('GET', keys.slot)
  if value then
    local fence, expire
    slot.token, slot.keepers, fence, expire, slot.request, slot.label =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
    slot.fence, slot.expire = tonumber(fence), tonumber(expire)
  end
  slot.held = slot.token ~= '-' and slot.expire > slot.ms
  return slot
end

local function is_busy(slot, waiter)
  return slot.held and slot.token ~= waiter.token
end

local function note(slot)
  return slot.held and slot.label or ''
end

local function until_free(slot)
  return slot.held and slot.expire - slot.ms or 0
end

local function queue_full(most)
  return redis.error_reply('LOCK_TOO_MANY_WAITERS ' .. most .. ' callers wait for this slot already')
end

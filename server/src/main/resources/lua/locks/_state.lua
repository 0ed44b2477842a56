-- @include lib/integer
-- @include lib/time
--
-- The value of an owner key, split by single spaces: token, keepers, fence, time of the grant and end
-- of the lease in milliseconds, lease in milliseconds as asked for, request id or '-', label. A free lock
-- has token '-'; its last fence stays. A lock that readers hold has token '+' and the end of their last
-- lease: see locks/_resource. The key outlives the lease by a day, so that fences rise even when the clock
-- is set back. No lease is longer than a day: one that ends later was written while the clock was ahead, and
-- starts anew.

local DAY_MS = 86400000

local function by_name(keys)
  return {owner = keys[1], line = keys[2], servers = keys[3], shares = keys[4], request = keys[5]}
end

-- Writes a lock that is held.
local function write_lock(lock)
  local value = table.concat({
    lock.token, lock.keepers, integer(lock.fence), integer(lock.since), integer(lock.expire),
    lock.lease, lock.request, lock.label,
  }, ' ')
  redis.call('SET', lock.keys.owner, value, 'PXAT', integer(lock.expire + DAY_MS))
end

local function read(keys, now)
  local lock = {
    keys = keys, now = now, ms = math.floor(now / 1000), token = '-', fence = 0, expire = 0, label = '',
  }
  local value = redis.call('GET', keys.owner)
  if value then
    local fence, since, expire
    lock.token, lock.keepers, fence, since, expire, lock.lease, lock.request, lock.label =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
    lock.fence, lock.since, lock.expire = tonumber(fence), tonumber(since), tonumber(expire)
  end
  if lock.expire > lock.ms + DAY_MS and lock.token ~= '-' and lock.token ~= '+' then
    lock.expire = lock.ms + lock.lease
    write_lock(lock)
  end
  lock.held = lock.token ~= '-' and lock.expire > lock.ms
  lock.lapsed = lock.token ~= '-' and not lock.held
  lock.shared = lock.token == '+' and lock.held
  return lock
end

local function is_busy(lock, waiter)
  return lock.held and not lock.shared and lock.token ~= waiter.token
end

-- The label of the holder.
local function note(lock)
  return lock.held and lock.label or ''
end

local function until_free(lock)
  return lock.held and lock.expire - lock.ms or 0
end

local function queue_full(most)
  return redis.error_reply('LOCK_TOO_MANY_WAITERS ' .. most .. ' callers wait for this lock already')
end

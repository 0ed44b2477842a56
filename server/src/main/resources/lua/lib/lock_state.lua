-- @include lib/integer
-- @include lib/time
--
-- The value of an owner key, split by single spaces: token, keepers, fence, time of the grant and end
-- of the lease in milliseconds, lease in milliseconds as asked for, request id or '-', label.
-- The keepers are the calls that give the lock back when they end: see lib/keepers. A free lock has token '-'; its last fence
-- stays. A lock that readers hold has token '+' and the end of their last lease: see lib/lock_grants.
-- The key outlives the lease by a day, so that fences rise even when the clock is set back. No lease is
-- longer than a day: one that ends later was written while the clock was ahead, and starts anew.

local DAY_MS = 86400000

-- Writes a lock that is held.
local function write_lock(lock)
  local value = table.concat({
    lock.token, lock.keepers, integer(lock.fence), integer(lock.since), integer(lock.expire),
    lock.lease, lock.request, lock.holder,
  }, ' ')
  redis.call('SET', lock.keys.owner, value, 'PXAT', integer(lock.expire + DAY_MS))
end

-- The lock as it stands at a time in microseconds. It has its keys by name, at least the owner.
local function read_lock(keys, now)
  local lock = {
    keys = keys, now = now, time = math.floor(now / 1000), token = '-', fence = 0, expire = 0,
    holder = '',
  }
  local value = redis.call('GET', keys.owner)
  if value then
    local fence, since, expire
    lock.token, lock.keepers, fence, since, expire, lock.lease, lock.request, lock.holder =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
    lock.fence, lock.since, lock.expire = tonumber(fence), tonumber(since), tonumber(expire)
  end
  if lock.expire > lock.time + DAY_MS and lock.token ~= '-' and lock.token ~= '+' then
    lock.expire = lock.time + lock.lease
    write_lock(lock)
  end
  lock.held = lock.token ~= '-' and lock.expire > lock.time
  lock.lapsed = lock.token ~= '-' and not lock.held
  lock.shared = lock.token == '+' and lock.held
  return lock
end

-- Frees a lock, keeping its fence.
local function free_lock(lock)
  redis.call('SET', lock.keys.owner, '- - ' .. integer(lock.fence) .. ' 0 0 0 - ', 'KEEPTTL')
  lock.token, lock.expire, lock.holder = '-', 0, ''
  lock.held, lock.lapsed, lock.shared = false, false, false
end

-- The answer that tells a caller about a grant.
local function granted(grant)
  return {1, grant.token, grant.fence, grant.expire}
end

-- The answer to who is not granted the lock: label of the holder, how long its lease still runs,
-- place in line.
local function not_granted(lock, place)
  return {0, lock.held and lock.holder or '', lock.held and lock.expire - lock.time or 0, place}
end

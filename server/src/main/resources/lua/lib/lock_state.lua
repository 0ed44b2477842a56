-- @include lib/integer
-- @include lib/time
--
-- The value of an owner key, split by single spaces: token, keeper, fence, time of the grant and end
-- of the lease in milliseconds, lease in milliseconds as asked for, request id or '-', label.
-- The keeper is the call that gives the lock back when it ends: the one that was granted it, or a
-- later one that took it over with the token; '-' for none. A free lock has token '-'; its last fence stays.
-- The key outlives the lease by a day, so that fences rise even when the clock is set back.

local DAY_MS = 86400000

-- The lock as it stands at a time in microseconds: held by somebody, or free with a fence of 0 or
-- the last one.
local function read_lock(owner, now)
  local value = redis.call('GET', owner)
  if not value then
    return {held = false, fence = 0, holder = ''}
  end
  local token, keeper, fence, since, expire, lease, request, holder =
    string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  local lock = {
    token = token, keeper = keeper, fence = tonumber(fence), since = tonumber(since),
    expire = tonumber(expire), lease = lease, request = request, holder = holder,
  }
  lock.left = lock.expire - math.floor(now / 1000)
  lock.held = token ~= '-' and lock.left > 0
  return lock
end

-- Writes a lock that is held.
local function write_lock(owner, lock)
  local value = table.concat({
    lock.token, lock.keeper, integer(lock.fence), integer(lock.since), integer(lock.expire),
    lock.lease, lock.request, lock.holder,
  }, ' ')
  redis.call('SET', owner, value, 'PXAT', integer(lock.expire + DAY_MS))
end

-- Makes a token the owner of a free lock. The fence is max(last + 1, now in microseconds): it rises
-- even when the last one was lost. Returns the lock as it is now.
local function grant(owner, last, now, token, lease, request, holder)
  local since = math.floor(now / 1000)
  local lock = {
    held = true, token = token, keeper = token, fence = math.max(last.fence + 1, now),
    since = since, expire = since + lease, left = tonumber(lease), lease = lease,
    request = request, holder = holder,
  }
  write_lock(owner, lock)
  return lock
end

-- The answer that tells a caller about a grant.
local function granted(lock)
  return {1, lock.token, lock.fence, lock.expire}
end

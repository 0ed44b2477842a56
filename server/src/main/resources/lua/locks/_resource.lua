-- @include locks/_readers
--
-- Grants of a lock. That of an exclusive holder is the lock itself, those of readers see locks/_readers.

local THING = 'the lock'

local function not_held(text)
  return redis.error_reply('LOCK_NOT_HELD ' .. text)
end

local function refuse()
end

-- Readers go on together until a writer is the first in the queue.
local function fits(lock, waiter)
  return (not lock.held or lock.shared and is_shared(waiter.token)) and 'now' or 'later'
end

-- The fence is max(last + 1, now in microseconds): it rises even when the last one was lost.
local function grant_to(lock, waiter)
  if lock.lapsed then
    tell(lock, 'expired', lock)
  end
  local shared, ends = is_shared(waiter.token), lock.shared and lock.expire or 0
  lock.fence = math.max(lock.fence + 1, lock.now)
  local grant = shared and {fence = lock.fence} or lock
  grant.token, grant.keepers, grant.since = waiter.token, waiter.token, lock.ms
  grant.expire, grant.lease = lock.ms + waiter.lease, waiter.lease
  grant.request, grant.label = waiter.request, waiter.label
  lock.held, lock.lapsed, lock.shared = true, false, shared
  if shared then
    lock.token, lock.expire, lock.grew = '+', math.max(ends, grant.expire), true
    put_reader(lock, grant)
  else
    write_lock(lock)
  end
  tell(lock, 'acquired', grant)
  return grant
end

local function find_grant(lock, token)
  if not lock.shared then
    return lock.held and lock.token == token and lock or nil
  end
  local ends = is_shared(token) and -(redis.call('ZSCORE', lock.keys.servers, token) or 0) or 0
  return ends > lock.ms and reader(lock, token, ends) or nil
end

-- The grant of an exclusive holder, and the body of the request if it was what is asked for now.
local function granted_to(lock, request, body)
  if lock.held and not lock.shared and lock.request == request then
    local lease, label = string.match(body or '', '^(%S+) %S+ %S+ (.*)$')
    return lock, lock.lease == lease and lock.label == label and body
  end
end

local function write_grant(lock, grant)
  if lock.shared then
    put_reader(lock, grant)
    sum_up(lock)
  else
    write_lock(lock)
  end
end

-- Who made grants to readers has to sum up in the end.
local function save(lock)
  if lock.grew then
    sum_up(lock)
    lock.grew = false
  end
end

local function end_grant(lock, grant)
  local told = {token = grant.token, fence = grant.fence, label = grant.label}
  if lock.shared then
    drop_reader(lock, grant.token)
    sum_up(lock)
  else
    free_lock(lock)
  end
  tell(lock, 'released', told)
end

-- As read() of locks/_state, for leases of readers that were written while the clock was ahead, too.
local read_owner = read
local function read(keys, now)
  local lock = read_owner(keys, now)
  if lock.shared and lock.expire > lock.ms + DAY_MS then
    sum_up(lock)
  end
  return lock
end

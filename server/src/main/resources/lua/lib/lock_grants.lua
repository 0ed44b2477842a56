-- @include lib/lock_marks
-- @include lib/keepers
--
-- Grants. That of an exclusive holder is the lock itself. Readers have a mark until their lease ends;
-- the hash `shares` has keepers, fence, time of the grant, lease, request id or '-' and label of each,
-- split by single spaces. Both count only while the owner value says that readers hold the lock.
-- Tokens of readers begin with 's.'.

local function is_shared(token)
  return string.sub(token, 1, 2) == 's.'
end

-- Writes down a new reader, or what has changed about one.
local function put_reader(lock, grant)
  redis.call('ZADD', lock.keys.marks, integer(-grant.expire), grant.token)
  redis.call('HSET', lock.keys.shares, grant.token, table.concat({
    grant.keepers, integer(grant.fence), integer(grant.since), grant.lease, grant.request,
    grant.holder,
  }, ' '))
end

local function drop_reader(lock, token)
  redis.call('ZREM', lock.keys.marks, token)
  redis.call('HDEL', lock.keys.shares, token)
end

-- The reader of a token, whose lease ends at a time.
local function reader(lock, token, expire)
  local grant = {token = token, expire = expire}
  local fence, since
  grant.keepers, fence, since, grant.lease, grant.request, grant.holder = string.match(
    redis.call('HGET', lock.keys.shares, token) or '- 0 0 0 - ', '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  grant.fence, grant.since = tonumber(fence), tonumber(since)
  return grant
end

-- Makes the owner value say what the readers say: the lock is held until the last of their leases
-- ends, or it is free. Forgets readers whose lease has ended, at most 100 in one go; as many leases
-- that were written while the clock was ahead start anew.
local function sum_up(lock)
  local keys = lock.keys
  local ahead = redis.call('ZRANGEBYSCORE', keys.marks, '-inf',
    '(' .. integer(-lock.time - DAY_MS), 'LIMIT', 0, 100)
  for _, token in ipairs(ahead) do
    local grant = reader(lock, token, 0)
    grant.expire = lock.time + grant.lease
    put_reader(lock, grant)
  end
  local ended = redis.call(
    'ZRANGEBYSCORE', keys.marks, integer(-lock.time), '(0', 'LIMIT', 0, 100)
  for _, token in ipairs(ended) do
    drop_reader(lock, token)
  end
  local last = last_readers(lock, 1)
  if not last[1] then
    return free_lock(lock)
  end
  local expire = -tonumber(last[2])
  lock.token, lock.keepers, lock.expire, lock.lease, lock.request = '+', '-', expire, '0', '-'
  lock.since, lock.holder = lock.time, reader(lock, last[1], expire).holder
  lock.held, lock.lapsed, lock.shared = true, false, true
  write_lock(lock)
  redis.call('PEXPIREAT', keys.marks, integer(math.max(expire, lock.time + MARK_MS)))
  redis.call('PEXPIREAT', keys.shares, integer(expire))
end

-- Grants a lock that is free or, to a reader, held by readers. Who grants to readers has to sum up
-- in the end. The fence is max(last + 1, now in microseconds): it rises even when the last one was
-- lost.
local function grant_to(lock, token, lease, request, holder)
  lock.fence = math.max(lock.fence + 1, lock.now)
  local shared = is_shared(token)
  local ends = lock.shared and lock.expire or 0
  local grant = shared and {fence = lock.fence} or lock
  grant.token, grant.keepers, grant.since, grant.expire = token, token, lock.time, lock.time + lease
  grant.lease, grant.request, grant.holder = lease, request, holder
  lock.held, lock.lapsed, lock.shared = true, false, shared
  if shared then
    lock.token, lock.expire = '+', math.max(ends, grant.expire)
    put_reader(lock, grant)
  else
    write_lock(lock)
  end
  return grant
end

-- The grant that a token holds the lock by, or nil.
local function find_grant(lock, token)
  if not lock.shared then
    return lock.held and lock.token == token and lock or nil
  end
  local expire = is_shared(token) and -(redis.call('ZSCORE', lock.keys.marks, token) or 0) or 0
  return expire > lock.time and reader(lock, token, expire) or nil
end

-- Writes that a grant has other keepers, or another end of its lease.
local function keep_grant(lock, grant, keepers, expire)
  grant.keepers, grant.expire = keepers, expire
  if lock.shared then
    put_reader(lock, grant)
    sum_up(lock)
  else
    write_lock(lock)
  end
end

local function end_grant(lock, grant)
  if lock.shared then
    drop_reader(lock, grant.token)
    sum_up(lock)
  else
    free_lock(lock)
  end
end

-- As read_lock() of lib/lock_state, for readers, too.
local read_owner = read_lock
read_lock = function(keys, now)
  local lock = read_owner(keys, now)
  if lock.shared and lock.expire > lock.time + DAY_MS then
    sum_up(lock)
  end
  return lock
end

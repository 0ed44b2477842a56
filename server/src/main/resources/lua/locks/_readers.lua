-- @include locks/_state
-- @include lib/wait_queue
--
-- Readers, and who watches: both have marks in the sorted set of servers. Readers have their token, which
-- begins with 's.', with the negative end of their lease; '*' stands for all that watch. The hash `shares`
-- has keepers, fence, time of the grant, lease, request id or '-' and label of each reader, split by single
-- spaces. Readers count only while the owner value says that readers hold the lock.

local WATCHED = '*'

local function is_shared(token)
  return string.sub(token, 1, 2) == 's.'
end

-- Writes down a new reader, or what has changed about one.
local function put_reader(lock, grant)
  redis.call('ZADD', lock.keys.servers, integer(-grant.expire), grant.token)
  redis.call('HSET', lock.keys.shares, grant.token, table.concat({
    grant.keepers, integer(grant.fence), integer(grant.since), grant.lease, grant.request,
    grant.label,
  }, ' '))
end

local function drop_reader(lock, token)
  redis.call('ZREM', lock.keys.servers, token)
  redis.call('HDEL', lock.keys.shares, token)
end

-- The reader of a token, whose lease ends at a time.
local function reader(lock, token, expire)
  local grant = {token = token, expire = expire}
  local fence, since
  grant.keepers, fence, since, grant.lease, grant.request, grant.label = string.match(
    redis.call('HGET', lock.keys.shares, token) or '- 0 0 0 - ', '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  grant.fence, grant.since = tonumber(fence), tonumber(since)
  return grant
end

local function count_readers(lock)
  return lock.shared
    and redis.call('ZCOUNT', lock.keys.servers, '-inf', '(' .. integer(-lock.ms)) or 0
end

-- Tokens of readers and the negative ends of their leases in turn, the last one first.
local function last_readers(lock, limit)
  return redis.call('ZRANGEBYSCORE', lock.keys.servers, '-inf', '(' .. integer(-lock.ms),
    'WITHSCORES', 'LIMIT', 0, limit)
end

-- Tells the servers that watch a lock what has happened to a grant and how the lock stands now, on
-- the channel of the lock's events: change, time in microseconds, fence and mode of the grant, end of
-- the last lease or 0 when the lock is free, number of readers, newest fence, label, and on a second
-- line the explanation of a revocation. locks/acquire_fast writes it out for itself.
local function tell(lock, change, grant, explanation)
  if lock.watched == nil then
    local ends = redis.call('ZSCORE', lock.keys.servers, WATCHED)
    lock.watched = ends and tonumber(ends) > lock.ms
  end
  if not lock.watched then
    return
  end
  local shared = is_shared(grant.token) or grant.token == '+'
  local event = table.concat({
    change, integer(lock.now), integer(grant.fence), shared and 's' or 'x',
    integer(lock.held and lock.expire or 0), count_readers(lock), integer(lock.fence), grant.label,
  }, ' ')
  local entity = string.sub(lock.keys.owner, 1, -string.len('owner') - 1)
  redis.call('SPUBLISH', entity .. 'events', event .. '\n' .. (explanation or ''))
end

-- Frees a lock, keeping its fence.
local function free_lock(lock)
  redis.call('SET', lock.keys.owner, '- - ' .. integer(lock.fence) .. ' 0 0 0 - ', 'KEEPTTL')
  lock.token, lock.expire, lock.label = '-', 0, ''
  lock.held, lock.lapsed, lock.shared = false, false, false
end

-- Makes the owner value say what the readers say: the lock is held until the last of their leases
-- ends, or it is free. Forgets readers whose lease has ended, at most 100 in one go; as many leases
-- that were written while the clock was ahead start anew.
local function sum_up(lock)
  local keys = lock.keys
  local ahead = redis.call('ZRANGEBYSCORE', keys.servers, '-inf',
    '(' .. integer(-lock.ms - DAY_MS), 'LIMIT', 0, 100)
  for _, token in ipairs(ahead) do
    local grant = reader(lock, token, 0)
    grant.expire = lock.ms + grant.lease
    put_reader(lock, grant)
  end
  local ended = redis.call(
    'ZRANGEBYSCORE', keys.servers, integer(-lock.ms), '(0', 'LIMIT', 0, 100)
  for _, token in ipairs(ended) do
    drop_reader(lock, token)
  end
  local last = last_readers(lock, 1)
  if not last[1] then
    return free_lock(lock)
  end
  local expire = -tonumber(last[2])
  lock.token, lock.keepers, lock.expire, lock.lease, lock.request = '+', '-', expire, '0', '-'
  lock.since, lock.label = lock.ms, reader(lock, last[1], expire).label
  lock.held, lock.lapsed, lock.shared = true, false, true
  write_lock(lock)
  redis.call('PEXPIREAT', keys.servers, integer(math.max(expire, lock.ms + MARK_MS)))
  redis.call('PEXPIREAT', keys.shares, integer(expire))
end

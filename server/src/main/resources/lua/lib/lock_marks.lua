-- @include lib/lock_state
--
-- Marks: a sorted set of who is there until when, in milliseconds. Servers that have waiters, and '*'
-- for all that watch the lock, have the time as their score, the tokens of readers its negative.

local MARK_MS = 15000
local WATCHED = '*'

-- Renews the mark of a server or of those who watch; forgets servers that have not been there for long.
local function mark(lock, name)
  local marks, ends = lock.keys.marks, lock.time + MARK_MS
  redis.call('ZADD', marks, integer(ends), name)
  redis.call('ZREMRANGEBYSCORE', marks, 0, integer(lock.time))
  redis.call('PEXPIREAT', marks, integer(math.max(ends, lock.shared and lock.expire or 0)))
end

-- Whether a server is there, or somebody who watches.
local function is_marked(lock, name)
  local ends = redis.call('ZSCORE', lock.keys.marks, name)
  return ends and tonumber(ends) > lock.time
end

-- How many readers there are.
local function count_readers(lock)
  return lock.shared
    and redis.call('ZCOUNT', lock.keys.marks, '-inf', '(' .. integer(-lock.time)) or 0
end

-- Tokens of readers and the negative ends of their leases in turn, the last one first.
local function last_readers(lock, limit)
  return redis.call('ZRANGEBYSCORE', lock.keys.marks, '-inf', '(' .. integer(-lock.time),
    'WITHSCORES', 'LIMIT', 0, limit)
end

-- @include lib/lock_state
-- @include lib/lock_free
--
-- The line: a sorted set of waiters by ticket. A waiter is written as server, token, lease in
-- milliseconds, request id or '-', label; split by single spaces. Its server must have a mark in
-- the servers set that has not run out, and listen to the hints: else the waiter counts as dead.

local MARK_MS = 15000
local LINE_MS = 60000

-- The parts of a waiter: server, token, lease, request, holder.
local function parse_waiter(waiter)
  return string.match(waiter, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
end

-- Notes that a server is alive; forgets those that have not been for long.
local function mark_server(line, servers, server, now)
  local time = math.floor(now / 1000)
  redis.call('ZADD', servers, integer(time + MARK_MS), server)
  redis.call('ZREMRANGEBYSCORE', servers, '-inf', integer(time))
  redis.call('PEXPIRE', servers, LINE_MS)
  redis.call('PEXPIRE', line, LINE_MS)
end

-- Gives a free lock to the first live waiter and tells its server, on the channel of the lock's
-- hints. Every dead one that stands before it is taken out of the line, at most 1,000 in one go.
-- Returns the lock as it is now.
local function hand_over(owner, lock, line, servers, now)
  local hints = string.sub(owner, 1, -string.len('owner') - 1) .. 'hints:'
  for _ = 1, 1000 do
    local waiter = redis.call('ZPOPMIN', line)[1]
    if not waiter then
      return lock
    end
    local server, token, lease, request, holder = parse_waiter(waiter)
    local mark = redis.call('ZSCORE', servers, server)
    if mark and tonumber(mark) > math.floor(now / 1000) then
      lock = grant(owner, lock, now, token, lease, request, holder)
      local hint = table.concat({token, integer(lock.fence), integer(lock.expire)}, ' ')
      if redis.call('SPUBLISH', hints .. server, hint) > 0 then
        return lock
      end
      lock = free(owner, lock)
      redis.call('ZREM', servers, server)
    end
  end
  return lock
end

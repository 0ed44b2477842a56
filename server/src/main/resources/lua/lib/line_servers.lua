-- @include lib/integer
--
-- The servers that have waiters in a line, with the time until which each counts as alive.

local MARK_MS = 15000
local LINE_MS = 60000

-- Notes that a server is alive; forgets those that have not been for long.
local function mark_server(line, servers, server, ms)
  redis.call('ZADD', servers, integer(ms + MARK_MS), server)
  redis.call('ZREMRANGEBYSCORE', servers, '-inf', integer(ms))
  redis.call('PEXPIRE', servers, LINE_MS)
  redis.call('PEXPIRE', line, LINE_MS)
end

-- Notes that a server, which looks after its lines every 5 seconds, has a waiter more; nothing is to do
-- unless it is the first one.
local function mark_newcomer(line, servers, server, ms)
  local mark = redis.call('ZSCORE', servers, server)
  if not mark or tonumber(mark) < ms + MARK_MS / 2 or redis.call('ZCARD', line) == 1 then
    mark_server(line, servers, server, ms)
  end
end

-- Whether a server has a mark that has not run out, and listens to the hints on its channel.
local function is_alive(servers, server, channel, ms)
  local mark = redis.call('ZSCORE', servers, server)
  if not mark or tonumber(mark) <= ms then
    return false
  end
  return redis.call('PUBSUB', 'SHARDNUMSUB', channel)[2] > 0
end

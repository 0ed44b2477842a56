-- @include lib/integer
-- @include lib/time
--
-- A timeline is a sorted set of '<id of the status, 19 digits>:<author>', all with score 0, so that the
-- order of the bytes is the order of time. Streams that watch it read a log of what came and went, which
-- is written only while somebody has watched within the last hour.

-- Notes in the log that an entry came ('+') or went ('-').
local function tell(watch, events, kind, entry)
  local known = redis.call('HMGET', watch, 'until', 'hint')
  if not known[1] then
    return
  end
  local now = math.floor(microseconds() / 1000)
  if tonumber(known[1]) < now then
    -- Who comes back later has missed something.
    redis.call('DEL', watch, events)
    return
  end
  local n = integer(redis.call('HINCRBY', watch, 'n', 1))
  redis.call('XADD', events, 'MAXLEN', '~', 1000, '0-' .. n, 'e', kind .. entry)
  redis.call('PEXPIRE', events, 7200000)
  if known[2] and tonumber(known[2]) > now then
    redis.call('SPUBLISH', string.sub(watch, 1, -6) .. 'hints', n)
  end
end

-- Adds an entry and keeps the newest ones.
local function add(timeline, watch, events, entry, most)
  if redis.call('ZADD', timeline, 0, entry) == 0 then
    return
  end
  local beyond = redis.call('ZCARD', timeline) - most
  if beyond > 0 then
    redis.call('ZREMRANGEBYRANK', timeline, 0, beyond - 1)
  end
  tell(watch, events, '+', entry)
end

local function remove(timeline, watch, events, entry)
  if redis.call('ZREM', timeline, entry) == 1 then
    tell(watch, events, '-', entry)
  end
end

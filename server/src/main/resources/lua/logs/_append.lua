-- @include lib/integer
-- @include lib/time
--
-- A log. Its entries are numbered: 'entries' and 'recent' are streams with the ids 0-<number>. The
-- first number is the time in microseconds, every further one is one more; so the numbers are dense,
-- and when a log was forgotten and begins anew its numbers are greater than all it had before.
--
-- head is a hash: 'first' is the first number, 'until' the time in ms until which some server listens
-- for hints, and under each severity stands the hour in which its keys were last given their expiry.
--
-- common is a sorted set. Its members are the hour and a message, with the score hour * 2^32 + count:
-- so an hour is a range of scores, and no key has to be changed when an hour ends.

local KEEP_MS = 604800000
local COMMON_MS = 93600000
local HOUR = 4294967296
local HOURS = 24
local MESSAGES = 1000

-- Counts a message. When as many as can be are counted, a new one takes the place of the rarest and
-- inherits its count.
local function count(common, hour, text)
  local member = integer(hour) .. ' ' .. text
  if redis.call('ZINCRBY', common, 1, member) ~= '1' then
    return
  end
  local base = hour * HOUR
  local start = base
  if redis.call('ZCOUNT', common, integer(base), '+inf') >= MESSAGES then
    local rarest = redis.call(
      'ZRANGE', common, integer(base), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
    redis.call('ZREM', common, rarest[1])
    start = tonumber(rarest[2])
  end
  redis.call('ZADD', common, integer(start + 1), member)
end

-- Adds an entry. noted is what head has under the severity. Returns its number as text.
local function append(head, entries, recent, common, now, severity, noted, entry, text)
  local time = integer(now)
  local id = redis.call(
    'XADD', entries, 'NOMKSTREAM', 'MAXLEN', '~', 1000, '0-*', 't', time, 'e', entry)
  if not id then
    id = redis.call('XADD', entries, '0-' .. time, 't', time, 'e', entry)
    redis.call('HSET', head, 'first', time)
    redis.call('PEXPIRE', head, KEEP_MS)
    redis.call('PEXPIRE', entries, KEEP_MS)
  end
  redis.call('XADD', recent, 'MAXLEN', '~', 100, id, 't', time, 'e', entry)
  local hour = math.floor(now / 3600000000)
  count(common, hour, text)
  if noted ~= integer(hour) then
    redis.call('HSET', head, severity, integer(hour))
    redis.call('PEXPIRE', head, KEEP_MS)
    redis.call('PEXPIRE', entries, KEEP_MS)
    redis.call('PEXPIRE', recent, KEEP_MS)
    redis.call('PEXPIRE', common, COMMON_MS)
    redis.call('ZREMRANGEBYSCORE', common, '-inf', '(' .. integer((hour - HOURS) * HOUR))
  end
  return string.sub(id, 3)
end

-- Tells servers with tails, if there are any, the newest number. listens is what head has as 'until'.
local function tell(head, now, number, listens)
  if listens and tonumber(listens) > now / 1000 then
    local hints = string.sub(head, 1, -string.len('head') - 1) .. 'hints'
    if redis.call('SPUBLISH', hints, number) == 0 then
      redis.call('HDEL', head, 'until')
    end
  end
end

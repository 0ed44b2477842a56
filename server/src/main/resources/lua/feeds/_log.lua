-- @include lib/integer
-- @include lib/time
--
-- A partition of a feed. Its entries are numbered: 'events' is a stream with the ids 0-<number>, and with
-- the fields k, what happened: c created, d deleted; t, the time in microseconds; i, the id of the status;
-- s, the status. The first number is the time in microseconds, every further one is one more; so the
-- numbers are dense, and when a log was forgotten and begins anew its numbers are greater than before.
--
-- head is a hash: 'first' is the first number, 'until' the time in ms until which some server listens for
-- hints, 'oldest' the time in ms of the oldest entry, 'minute' the minute in which the keys were last
-- given their expiry. ids is a hash from the id of a status to the number of its newest entry.

local TRIMMED_AT_ONCE = 16
local SLACK_MS = 180000

-- Takes out entries that are too old or too many, a few in one go: more than one call adds.
local function trim(head, events, ids, now_ms, most, keep_ms, oldest)
  local more = redis.call('XLEN', events) - most
  if more <= 0 and oldest > now_ms - keep_ms then
    return
  end
  local found = redis.call('XRANGE', events, '-', '+', 'COUNT', TRIMMED_AT_ONCE + 1)
  local gone = 0
  while gone < #found - 1 do
    local millis = math.floor(found[gone + 1][2][4] / 1000)
    if gone >= more and millis > now_ms - keep_ms then
      break
    end
    gone = gone + 1
  end
  for i = 1, gone do
    local number, id = string.sub(found[i][1], 3), found[i][2][6]
    if redis.call('HGET', ids, id) == number then
      redis.call('HDEL', ids, id)
    end
  end
  if gone > 0 then
    redis.call('XTRIM', events, 'MINID', found[gone + 1][1])
    redis.call('HSET', head, 'oldest', integer(math.floor(found[gone + 1][2][4] / 1000)))
  end
end

-- Adds an entry and tells servers that listen. Returns its number as text.
local function append(head, events, ids, now, kind, id, status, most, keep_ms)
  local now_ms = math.floor(now / 1000)
  local known = redis.call('HMGET', head, 'until', 'oldest', 'minute')
  local time = integer(now)
  local entry = redis.call(
    'XADD', events, 'NOMKSTREAM', '0-*', 'k', kind, 't', time, 'i', id, 's', status)
  local oldest = tonumber(known[2] or '0')
  if not entry then
    entry = redis.call('XADD', events, '0-' .. time, 'k', kind, 't', time, 'i', id, 's', status)
    oldest = now_ms
    redis.call('DEL', ids)
    redis.call('HSET', head, 'first', time, 'oldest', integer(now_ms))
    known[3] = false
  end
  local number = string.sub(entry, 3)
  redis.call('HSET', ids, id, number)
  trim(head, events, ids, now_ms, most, keep_ms, oldest)
  local minute = integer(math.floor(now_ms / 60000))
  if known[3] ~= minute then
    redis.call('HSET', head, 'minute', minute)
    for _, key in ipairs({head, events, ids}) do
      redis.call('PEXPIRE', key, keep_ms + SLACK_MS)
    end
  end
  if known[1] and tonumber(known[1]) > now_ms then
    local hints = string.sub(head, 1, -string.len('head') - 1) .. 'hints'
    if redis.call('SPUBLISH', hints, number) == 0 then
      redis.call('HDEL', head, 'until')
    end
  end
  return number
end

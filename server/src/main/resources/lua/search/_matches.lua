-- @include lib/integer
-- @include lib/time
--
-- The log of matches. Its entries are numbered as those of other logs are: 'matches' is a stream with the
-- ids 0-<number>; the first number is the time in microseconds, every further one is one more. watch is a
-- hash: 'first' is the first number, 'until' the time in ms until which some server listens for hints.

local MATCHES_MS = 604800000

local function append_match(matches, watch, matched)
  if matched == '' then
    return
  end
  local id = redis.call('XADD', matches, 'NOMKSTREAM', 'MAXLEN', '~', 10000, '0-*', 'm', matched)
  if not id then
    local first = integer(microseconds())
    id = redis.call('XADD', matches, '0-' .. first, 'm', matched)
    redis.call('HSET', watch, 'first', first)
  end
  redis.call('PEXPIRE', matches, MATCHES_MS)
  redis.call('PEXPIRE', watch, MATCHES_MS)
  local listens = redis.call('HGET', watch, 'until')
  if listens and tonumber(listens) > microseconds() / 1000 then
    local hints = string.sub(watch, 1, -string.len('watch') - 1) .. 'hints'
    if redis.call('SPUBLISH', hints, string.sub(id, 3)) == 0 then
      redis.call('HDEL', watch, 'until')
    end
  end
end

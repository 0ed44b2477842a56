-- Takes permits if enough are free and nobody waits. Never waits.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- ARGV[1] token of the caller
-- ARGV[2] permits
-- ARGV[3] lease in milliseconds, 0 for the default one
-- ARGV[4] limit, 0 for none, in case there is none
-- ARGV[5] label of the caller
--
-- Returns {1, token, fence, end of the lease in ms, permits in use, limit} when taken,
-- {0, permits in use, limit, ms until the first lease ends, place in line a waiter would get} else.
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local token, permits, lease, limit, holder = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

-- The usual case is that permits are free, no lease has run out or was written while the clock was ahead,
-- and nobody waits. It is written out
-- here, without the functions of lib/semaphore_state, whose making alone would cost as much.
local value = redis.call('GET', state)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if value then
  local ms = math.floor(now / 1000)
  local known, default, used, fence, keep, kind =
    string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  local first_end = used == '0' and 1 or redis.call('ZRANGE', holders, 0, 0, 'WITHSCORES')[2]
  if used + permits <= tonumber(known) and first_end and (used == '0' or tonumber(first_end) > ms and keep - ms <= 86460000)
    and redis.call('EXISTS', line) == 0 then
    local id = string.sub(token, 1, 11)
    local expire = ms + (lease == '0' and default or lease)
    fence = math.max(fence + 1, now)
    redis.call('ZADD', holders, expire, id)
    redis.call('HSET', grants, id, string.format(
      '%s %.0f %.0f %.0f %s %s - %s', permits, expire, ms, fence, token, token, holder))
    if used == '0' or expire > tonumber(keep) then
      keep = expire + 60000
      redis.call('PEXPIREAT', holders, keep)
      redis.call('PEXPIREAT', grants, keep)
    end
    local taken = string.format(
      '%s %s %.0f %.0f %.0f %s', known, default, used + permits, fence, keep, kind)
    if kind == 'c' then
      redis.call('SET', state, taken)
    else
      redis.call('SET', state, taken, 'PXAT', keep + 86400000)
    end
    return {1, token, fence, expire, used + permits, tonumber(known)}
  end
end

-- @include lib/semaphore_take
-- @include lib/semaphore_missing
local sem = read_semaphore(state, holders, grants, now, tonumber(limit))
if not sem then
  return missing()
end
return take(sem, line, servers, token, tonumber(permits), tonumber(lease), '-', holder)

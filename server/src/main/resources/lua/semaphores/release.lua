-- Gives permits back and hands them to the first in line.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- ARGV[1] token of the holder
--
-- Returns {more: flag}, when more is to be handed over than is done in one go.
local state, holders, grants, line = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token = ARGV[1]

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

-- The usual case is that nobody waits. It is written out here, as in acquire.lua.
if redis.call('EXISTS', line) == 0 then
  local id = string.sub(token, 1, 11)
  local permits, expire, held = string.match(
    redis.call('HGET', grants, id) or '', '^(%S+) (%S+) %S+ %S+ %S+ (%S+)')
  local before, used, after = string.match(
    redis.call('GET', state) or '', '^(%S+ %S+) (%S+) (.*)$')
  if held == token and used and tonumber(expire) > math.floor(now / 1000) then
    if used == permits then
      redis.call('DEL', holders, grants)
    else
      redis.call('ZREM', holders, id)
      redis.call('HDEL', grants, id)
    end
    redis.call(
      'SET', state, string.format('%s %.0f %s', before, used - permits, after), 'KEEPTTL')
    return {0}
  end
end

-- @include semaphores/_resource
-- @include lib/release
return release(read(by_name(KEYS), now), token)

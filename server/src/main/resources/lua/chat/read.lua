-- Reads the log of a chat after a position.
--
-- KEYS[1] head
-- KEYS[2] log
-- ARGV[1] position of the entry after which to begin
-- ARGV[2] how many at most
-- ARGV[3] how many bytes, when there is more than one
-- ARGV[4] ms for which the server that reads listens for hints, 0 when it does not
--
-- Returns {first position: integer, newest position: integer, position: integer, (entry: bytes)…}: the
-- first position there ever was, the newest one, that of the first entry here, and the entries.
--
-- @include chat/_log
local head, log = KEYS[1], KEYS[2]
local after, limit, bytes, listens = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local known = redis.call('HMGET', head, 'first', 'p', 'mm')
local newest = tonumber(known[2] or 0)
local answer = {tonumber(known[1] or 0), newest, 0}
if after < newest then
  local kept = newest - redis.call('LLEN', log)
  local index = math.max(0, after - kept)
  answer[3] = kept + index + 1
  local left = limit
  while left > 0 and bytes > 0 do
    local step = math.min(left, 16)
    local block = redis.call('LRANGE', log, integer(index), integer(index + step - 1))
    for i = 1, #block do
      bytes = bytes - #block[i]
      if bytes > 0 or #answer == 3 then
        answer[#answer + 1] = block[i]
      end
    end
    left = #block < step and 0 or left - step
    index = index + step
  end
end
if listens > 0 then
  redis.call('HSET', head, 'until', integer(math.floor(microseconds() / 1000) + listens))
  if not known[2] then
    redis.call('PEXPIRE', head, 60000)
  end
end
return answer

-- Gives out ids, and notes whose outboxes are about to be written, so that they are worked off even if
-- the server dies.
--
-- KEYS[1] last
-- KEYS[2] due
-- KEYS[3] noted
-- ARGV[1] how many ids
-- ARGV[2..] outboxes
--
-- Returns {ms: text, number: integer}: the first id is the two written behind each other, the number
-- with 6 digits.
--
-- @include lib/integer
-- @include lib/time
local last, due, noted = KEYS[1], KEYS[2], KEYS[3]
local count, outboxes = tonumber(ARGV[1]), ARGV

local now = math.floor(microseconds() / 1000)
local ms, number = now, 0
if count > 0 then
  local last_ms, last_number = string.match(redis.call('GET', last) or '', '^(%d+) (%d+)$')
  if last_ms and tonumber(last_ms) >= ms then
    ms, number = tonumber(last_ms), tonumber(last_number) + 1
  end
  if number + count > 999999 then
    ms, number = ms + 1, 0
  end
  redis.call('SET', last, integer(ms) .. ' ' .. integer(number + count - 1), 'PX', 86400000)
end
for i = 2, #outboxes do
  redis.call('ZADD', due, 'NX', integer(now + 5000), outboxes[i])
  redis.call('ZADD', noted, integer(now), outboxes[i])
end
return {integer(ms), number}

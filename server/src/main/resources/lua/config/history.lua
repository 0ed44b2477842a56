-- Tells versions of a component, the newest first, until there are so many bytes.
--
-- Reads only.
--
-- KEYS[1] history
-- ARGV[1] version before which to begin, '+inf' for the newest
-- ARGV[2] how many at most
-- ARGV[3] bytes after which to stop
--
-- Returns {more: flag, (component: bytes)…}: each version as it was written.
local history = KEYS[1]
local before, count, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local answer = {0}
local bytes = 0
local from = before == '+inf' and before or '(' .. before
local things = redis.call('ZRANGE', history, from, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, count + 1)
for i, thing in ipairs(things) do
  if i > count or bytes > limit then
    answer[1] = 1
    break
  end
  bytes = bytes + #thing
  answer[i + 1] = thing
end
return answer

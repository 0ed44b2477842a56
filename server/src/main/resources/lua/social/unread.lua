-- Says up to which status a timeline was seen, and how many entries are newer.
--
-- Reads only.
--
-- KEYS[1] user
-- KEYS[2] seen
-- KEYS[3] home
-- KEYS[4] merged
--
-- Returns {exists: flag, seen: text, unread: integer, (author: text)…}: with the authors that are merged in.
local user, seen, home, merged = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local id = redis.call('GET', seen) or ''
local answer = {
  redis.call('EXISTS', user), id, redis.call('ZLEXCOUNT', home, id == '' and '-' or '(' .. id .. ';', '+'),
}
local authors = redis.call('ZRANGE', merged, '-', '+', 'BYLEX', 'LIMIT', 0, 1000)
for i = 1, #authors do
  answer[#answer + 1] = authors[i]
end
return answer

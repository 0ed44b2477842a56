-- Tells how large a chat is.
--
-- Reads only.
--
-- KEYS[1] head
-- KEYS[2] seen
--
-- Returns {exists: flag, members: integer, newest: integer, newest ms: integer, created ms: integer}:
-- the number of the newest message and its time, or else that of the creation; {exists: flag} when there
-- is no such chat.
local head, seen = KEYS[1], KEYS[2]

local known = redis.call('HMGET', head, 'mm', 'n', 'lt', 'created')
if not known[1] then
  return {0}
end
return {1, redis.call('ZCARD', seen), tonumber(known[2]), tonumber(known[3]), tonumber(known[4])}

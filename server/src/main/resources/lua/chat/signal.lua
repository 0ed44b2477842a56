-- Tells the servers with streams of a chat what a user is doing.
--
-- KEYS[1] head
-- KEYS[2] seen
-- ARGV[1] user
-- ARGV[2] what it is doing
--
-- Returns {servers: integer}: how many heard it.
--
-- @include chat/_log
local head, seen = KEYS[1], KEYS[2]
local user, activity = ARGV[1], ARGV[2]

if not load_chat(head) then
  return no_chat()
end
if not redis.call('ZSCORE', seen, user) then
  return no_member()
end
return {redis.call('SPUBLISH', string.sub(head, 1, -5) .. 'hints', '~' .. activity .. ' ' .. user)}

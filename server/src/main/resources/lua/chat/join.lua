-- Makes a user a member.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- ARGV[1] user
-- ARGV[2] most members
--
-- Returns {joined: flag, acknowledged: integer}: whether it was none before, and the number of the last
-- message it has acknowledged.
--
-- @include chat/_members
local head, log, seen, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local user, most = ARGV[1], tonumber(ARGV[2])

local chat = load_chat(head)
if not chat then
  return no_chat()
end
local known = redis.call('ZSCORE', seen, user)
if known then
  return {0, tonumber(known)}
end
if redis.call('ZCARD', seen) >= most then
  return redis.error_reply('CHAT_FULL the chat has as many members as one may have')
end
add_member(chat, seen, members, user, MEMBER)
save_chat(chat, log)
return {1, chat.n}

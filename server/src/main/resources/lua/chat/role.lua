-- Gives a member a role.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] staff
-- ARGV[1] user
-- ARGV[2] role
-- ARGV[3] who gives it
--
-- Returns {changed: flag}: whether it had another one.
--
-- @include chat/_members
local head, log, seen, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local user, role, actor = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local chat = load_chat(head)
if not chat then
  return no_chat()
end
if not redis.call('ZSCORE', seen, actor) or not redis.call('ZSCORE', seen, user) then
  return no_member()
end
if role_of(staff, actor) ~= OWNER then
  return redis.error_reply('CHAT_NOT_ALLOWED only owners give roles')
end
local before = role_of(staff, user)
if before == role then
  return {0}
end
if before == OWNER and redis.call('ZCOUNT', staff, '-inf', '(0') == 1 then
  return redis.error_reply('CHAT_NOT_ALLOWED it is the last owner')
end
if before == MEMBER and redis.call('ZCARD', staff) >= STAFF then
  return redis.error_reply('CHAT_FULL the chat has as many owners and moderators as one may have')
end
append(chat, 'r', role, 0, user, actor)
set_role(chat, staff, user, role)
save_chat(chat, log)
return {1}

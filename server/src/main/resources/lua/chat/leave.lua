-- Ends a membership.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- KEYS[5] staff
-- ARGV[1] user
-- ARGV[2] who kicks it; '' when it leaves
--
-- Returns {left: flag}: whether it was a member.
--
-- @include chat/_members
local keys = {log = KEYS[2], seen = KEYS[3], members = KEYS[4], staff = KEYS[5]}
local head, user, actor = KEYS[1], ARGV[1], ARGV[2]

local chat = load_chat(head)
if actor ~= '' then
  if not chat then
    return no_chat()
  end
  if not redis.call('ZSCORE', keys.seen, actor) then
    return no_member()
  end
  local office = role_of(keys.staff, actor)
  if office == MEMBER or (office == MODERATOR and role_of(keys.staff, user) ~= MEMBER) then
    return redis.error_reply('CHAT_NOT_ALLOWED the role of the actor does not allow it')
  end
end
if not chat or not redis.call('ZSCORE', keys.seen, user) then
  return {0}
end
remove_member(chat, keys, user, actor)
return {1}

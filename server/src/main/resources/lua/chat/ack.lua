-- Notes up to which message a member has acknowledged them.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- ARGV[1] user
-- ARGV[2] number of the message
--
-- Returns {member: flag, acknowledged: integer, newest: integer}: the number of the last acknowledged
-- message and of the newest one; 0 for who is no member.
--
-- @include chat/_trim
local head, log, seen = KEYS[1], KEYS[2], KEYS[3]
local user, number = ARGV[1], tonumber(ARGV[2])

local chat = load_chat(head)
local before = chat and redis.call('ZSCORE', seen, user)
if not before then
  return {0, 0, 0}
end
local now = math.max(tonumber(before), math.min(number, chat.n))
if now > tonumber(before) then
  redis.call('ZADD', seen, 'XX', 'GT', integer(now), user)
end
trim_acknowledged(chat, log, seen)
return {1, now, chat.n}

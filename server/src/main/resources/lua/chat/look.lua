-- Tells where a user stands in a chat.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- KEYS[5] staff
-- ARGV[1] user
--
-- Returns {member: flag, newest position: integer, newest: integer, kept position: integer, first kept:
-- integer, acknowledged: integer, acknowledged position: integer, joined position: integer, joined
-- after: integer, role: integer, members: integer, newest ms: integer}: the number of the newest
-- message, the position before the first entry that is kept, the number of the first message that is
-- kept or to come, number and position of the last acknowledged one, position at which the user joined
-- and number of the last message before that, the time of the newest message. {member: flag, newest
-- position: integer} for who is no member.
--
-- @include chat/_members
-- @include chat/_find
local head, log, seen, members, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local user = ARGV[1]

local chat = load_chat(head)
local acknowledged = chat and redis.call('ZSCORE', seen, user)
if not acknowledged then
  return {0, tonumber(redis.call('HGET', head, 'p') or 0)}
end
acknowledged = tonumber(acknowledged)
local length = redis.call('LLEN', log)
local kept = chat.p - length
local place = kept + count_to(log, length, acknowledged)
local joined_p, joined_n = joined(members, user)
return {1, chat.p, chat.n, kept, first_kept(chat, log, length), acknowledged, place, joined_p, joined_n,
  role_of(staff, user), redis.call('ZCARD', seen), tonumber(redis.call('HGET', head, 'lt'))}

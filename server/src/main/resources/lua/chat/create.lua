-- Makes a chat.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- KEYS[5] staff
-- KEYS[6] request
-- ARGV[1] creator
-- ARGV[2] content of the first message, or ''
-- ARGV[3] most entries
-- ARGV[4] ms for which entries are kept
-- ARGV[5] ms for which acknowledged ones are kept
-- ARGV[6] digest of the request, '' when it has no id
-- ARGV[7..] the other members
--
-- Returns {first message: integer, time ms: integer}: the number of the first message, or 0.
--
-- @include chat/_members
-- @include lib/once
local head, log, seen, members, staff, request = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local creator, content, most, age, grace, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local others = {select(7, unpack(ARGV))}

local answer = replay(request, digest)
if answer then
  return answer
end
local microsecond = microseconds()
local now = math.floor(microsecond / 1000)
local before = redis.call('HMGET', head, 'mm', 'p', 'b', 'n')
if before[1] then
  return redis.error_reply('CHAT_EXISTS there is a chat of this id')
end
if not before[2] then
  redis.call('HSET', head, 'first', integer(microsecond), 'p', integer(microsecond - 1), 'n', 0, 'b', 0)
end
redis.call('HSET', head, 'ob', before[3] or 0, 'ot', integer(now), 'mm', most, 'ma', age, 'ka', grace,
  'renew', 0, 'created', integer(now), 'lt', integer(now), 'start', before[4] or 0)
redis.call('PERSIST', head)
local chat = load_chat(head)
chat.now = now
add_member(chat, seen, members, creator, OWNER)
set_role(chat, staff, creator, OWNER)
for i = 1, #others do
  add_member(chat, seen, members, others[i], MEMBER)
end
if content ~= '' then
  append(chat, 'm', 0, 0, creator, content)
end
save_chat(chat, log)
return keep(request, digest, {content ~= '' and chat.n or 0, now})

-- Makes a chat.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- KEYS[5] staff
-- ARGV[1] creator
-- ARGV[2] content of the first message, or ''
-- ARGV[3] most entries
-- ARGV[4] ms for which entries are kept
-- ARGV[5] ms for which acknowledged ones are kept
-- ARGV[6] request id, digest of the creator and of the request, or ''
-- ARGV[7..] the other members
--
-- Returns {first message: integer, time ms: integer}: the number of the first message, or 0.
--
-- @include lib/chat_members
local head, log, seen, members, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local creator, content, most, age, grace, request = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local others = {select(7, unpack(ARGV))}

local microsecond = microseconds()
local now = math.floor(microsecond / 1000)
local before = redis.call('HMGET', head, 'mm', 'request', 'created', 'message', 'p', 'n', 'b')
if before[1] then
  if request ~= '' and before[2] and now < tonumber(before[3]) + 600000 then
    if before[2] == request then
      return {tonumber(before[4]), tonumber(before[3])}
    end
    if string.match(before[2], '^%S+ %S+ ') == string.match(request, '^%S+ %S+ ') then
      return redis.error_reply('REQUEST_ID_REUSED the request_id was used for something else')
    end
  end
  return redis.error_reply('CHAT_EXISTS there is a chat of this id')
end
if not before[5] then
  redis.call('HSET', head, 'first', integer(microsecond), 'p', integer(microsecond - 1), 'n', 0, 'b', 0)
end
redis.call('HSET', head, 'ob', before[7] or 0, 'ot', integer(now), 'mm', most, 'ma', age, 'ka', grace,
  'renew', 0, 'created', integer(now), 'lt', integer(now), 'message', 0)
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
local number = content ~= '' and chat.n or 0
save_chat(chat, log, 'request', request, 'message', integer(number))
return {number, now}

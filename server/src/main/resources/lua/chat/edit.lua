-- Changes or deletes a message.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] staff
-- ARGV[1] user
-- ARGV[2] number of the message
-- ARGV[3] new content, without client_message_id; '' to delete it
--
-- Returns {time ms: integer}: when it got what it has now.
--
-- @include chat/_members
-- @include chat/_find
local head, log, seen, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local user, number, content = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local chat = load_chat(head)
if not chat then
  return no_chat()
end
if not redis.call('ZSCORE', seen, user) then
  return no_member()
end
local length = redis.call('LLEN', log)
local index = count_to(log, length, number) - 1
local entry = index >= 0 and redis.call('LINDEX', log, index) or ''
local kind, k, ms, total, a, b, size, at =
  string.match(entry, '^(%a) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) ()')
if tonumber(k) ~= number or not (kind == 'm' or kind == 'x' and content == '') then
  return redis.error_reply('CHAT_MESSAGE_NOT_FOUND there is no such message')
end
local sender = string.sub(entry, at, at + size - 1)
local isStaff = content == '' and role_of(staff, user) ~= MEMBER
if sender ~= user and not isStaff then
  return redis.error_reply('CHAT_NOT_ALLOWED the message is of somebody else')
end
local old = string.sub(entry, at + size)
if content ~= '' then
  -- The client_message_id, field 8, stands first if it is there; the field after it begins with byte 26.
  content = (string.match(old, '^B\128?.[!-~]*') or '') .. content
end
if kind == 'x' or old == content then
  return {tonumber(a) > 0 and tonumber(a) or tonumber(ms)}
end
-- What an earlier edit told is not to be told any more.
local told = length - 1 - (chat.p - tonumber(b))
if tonumber(b) > 0 and told >= 0 then
  local _, told_k, told_ms, told_total = parts(redis.call('LINDEX', log, told))
  redis.call('LSET', log, told, pack('v', told_k, told_ms, told_total, number, 0, '', ''))
end
chat.b = chat.b + math.max(0, #content - #old)
append(chat, content == '' and 'd' or 'e', number, tonumber(ms), sender, content)
redis.call('LSET', log, index, pack(content == '' and 'x' or 'm', number, tonumber(ms), tonumber(total),
  chat.now, content == '' and 0 or chat.p, sender, content))
save_chat(chat, log)
return {chat.now}

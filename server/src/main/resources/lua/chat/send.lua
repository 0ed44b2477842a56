-- Adds a message.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] sent:0
-- KEYS[5] sent:1
-- ARGV[1] sender
-- ARGV[2] content
-- ARGV[3] id the sender gave with it, or ''
-- ARGV[4] digest of the message, or ''
-- ARGV[5] 1 when it acknowledges everything up to it
--
-- Returns {number: integer, time ms: integer}.
--
-- @include lib/chat_sent
-- @include lib/chat_trim
local head, log, seen, sent = KEYS[1], KEYS[2], KEYS[3], {KEYS[4], KEYS[5]}
local sender, content, id, digest, acknowledge = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local chat = load_chat(head)
if not chat then
  return no_chat()
end
local field = id .. ' ' .. sender
if id ~= '' then
  local number, ms, before = sent_before(sent, field)
  if number and before ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the client_message_id was used for something else')
  end
  if number then
    return {tonumber(number), tonumber(ms)}
  end
end
if not redis.call('ZSCORE', seen, sender) then
  return no_member()
end
append(chat, 'm', 0, 0, sender, content)
save_chat(chat, log, 'lt', integer(chat.now))
if id ~= '' then
  remember_sent(head, sent, field, chat.now, chat.n, digest)
end
if acknowledge == '1' then
  redis.call('ZADD', seen, 'XX', 'GT', integer(chat.n), sender)
  trim_acknowledged(chat, log, seen)
end
return {chat.n, chat.now}

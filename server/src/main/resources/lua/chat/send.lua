-- Adds a message.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] sent
-- ARGV[1] sender
-- ARGV[2] content
-- ARGV[3] digest of the request, '' when the sender gave no id with the message
-- ARGV[4] 1 when it acknowledges everything up to it
--
-- Returns {number: integer, time ms: integer}.
--
-- @include chat/_trim
-- @include lib/once
local head, log, seen, sent = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local sender, content, digest, acknowledge = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local chat = load_chat(head)
if not chat then
  return no_chat()
end
local before = replay(sent, digest)
-- What was sent to an earlier chat of this id was not sent to this one.
if before and (before.err or before[1] > chat.start) then
  return before
end
if not redis.call('ZSCORE', seen, sender) then
  return no_member()
end
append(chat, 'm', 0, 0, sender, content)
save_chat(chat, log, 'lt', integer(chat.now))
if acknowledge == '1' then
  redis.call('ZADD', seen, 'XX', 'GT', integer(chat.n), sender)
  trim_acknowledged(chat, log, seen)
end
return keep(sent, digest, {chat.n, chat.now})

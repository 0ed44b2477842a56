-- Reads messages of a chat.
--
-- KEYS[1] head
-- KEYS[2] log
-- KEYS[3] seen
-- KEYS[4] members
-- ARGV[1] user
-- ARGV[2] pending, after or before
-- ARGV[3] number of the message after or before which to begin
-- ARGV[4] how many at most
-- ARGV[5] how many bytes, when there is more than one
--
-- Returns {member: flag, newest: integer, acknowledged: integer, first kept: integer, more: flag,
-- (message: bytes)…}: numbers of the newest message, of the last acknowledged one and of the first that
-- is kept or to come. {member: flag} for who is no member and asks for pending ones. Looks at no more
-- than ten times as many entries.
--
-- @include chat/_find
local head, log, seen, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local user, mode, from, limit, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local chat = load_chat(head)
local acknowledged = chat and redis.call('ZSCORE', seen, user)
if not acknowledged then
  return mode == 'pending' and {0} or not chat and no_chat() or no_member()
end
acknowledged = tonumber(acknowledged)
local length = redis.call('LLEN', log)
local kept = first_kept(chat, log, length)
local _, hidden = joined(members, user)
local least = math.max(hidden + 1, kept)
local forward = mode ~= 'before'
local start = mode == 'pending' and acknowledged + 1 or mode == 'after' and from + 1 or from - 1
start = forward and math.max(start, least) or math.min(start, chat.n)

local answer = {1, chat.n, acknowledged, kept, 0}
local found, last = 0, forward and start - 1 or start + 1
local index = count_to(log, length, start) - 1
local step = math.min(16, limit)
local looked = 0
while start >= least and start <= chat.n and found < limit and looked < 10 * limit + 16 and bytes > 0 do
  local low = forward and index or math.max(0, index - step + 1)
  local block = index < 0 and {} or redis.call('LRANGE', log, low, forward and index + step - 1 or index)
  for i = 1, #block do
    local entry = block[forward and i or #block + 1 - i]
    local kind, k = string.sub(entry, 1, 1), nil
    if (kind == 'm' or kind == 'x') and found < limit and (bytes >= #entry or found == 0) then
      _, k = parts(entry)
      if k < least then
        bytes = 0
        break
      end
      bytes, found, last = bytes - #entry, found + 1, k
      answer[#answer + 1] = entry
    elseif kind == 'm' or kind == 'x' then
      bytes = 0
    end
  end
  if #block < step then
    break
  end
  looked = looked + step
  index = forward and index + step or index - step
end
if forward then
  answer[5] = last < chat.n and last >= least and 1 or 0
else
  answer[5] = last > least and last <= chat.n and 1 or 0
end
return answer

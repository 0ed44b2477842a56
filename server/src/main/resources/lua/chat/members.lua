-- Lists members of a chat by name.
--
-- KEYS[1] head
-- KEYS[2] seen
-- KEYS[3] members
-- KEYS[4] staff
-- ARGV[1] who asks
-- ARGV[2] name after which to begin, or ''
-- ARGV[3] how many
--
-- Returns {(name: text, role: integer, acknowledged: integer, joined ms: integer)…}.
--
-- @include chat/_members
local head, seen, members, staff = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local asks, after, count = ARGV[1], ARGV[2], ARGV[3]

if not load_chat(head) then
  return no_chat()
end
if not redis.call('ZSCORE', seen, asks) then
  return no_member()
end
local from = after == '' and '-' or '(' .. after .. '\1'
local found = redis.call('ZRANGE', members, from, '+', 'BYLEX', 'LIMIT', 0, count)
local answer = {}
for i = 1, #found do
  local name, ms = string.match(found[i], '^(.-)%z%d+ %d+ (%d+)$')
  answer[#answer + 1] = name
  answer[#answer + 1] = role_of(staff, name)
  answer[#answer + 1] = tonumber(redis.call('ZSCORE', seen, name))
  answer[#answer + 1] = tonumber(ms)
end
return answer

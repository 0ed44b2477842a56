-- Tells components in byte order of their names.
--
-- Reads only.
--
-- KEYS[1] values
-- KEYS[2] names
-- ARGV[1] prefix
-- ARGV[2] component after which to begin, '' for the first
-- ARGV[3] how many at most
--
-- Returns {now ms: integer, revision: integer, (name: text, component: bytes)…}: the revision of the
-- type, and each component as it is written.
--
-- @include config/_group
local values, names = KEYS[1], KEYS[2]
local prefix, after, count = ARGV[1], ARGV[2], ARGV[3]

local group = read_group(values, '')
local answer = {math.floor(microseconds() / 1000), group.revision}
local from = after == '' and '[' .. prefix or '(' .. after
-- No name in UTF-8 has a byte 255.
local page = redis.call('ZRANGE', names, from, '[' .. prefix .. '\255', 'BYLEX', 'LIMIT', 0, count)
if #page > 0 then
  local things = redis.call('HMGET', values, unpack(page))
  for i, name in ipairs(page) do
    answer[#answer + 1] = name
    answer[#answer + 1] = things[i]
  end
end
return answer

-- Takes a component away, if it has the version that is expected. When the type has none left, what
-- is kept of it expires.
--
-- KEYS[1] values
-- KEYS[2] names
-- KEYS[3] log
-- KEYS[4] history
-- KEYS[5] request
-- ARGV[1] component
-- ARGV[2] version it must have, 0 for none, '' for any
-- ARGV[3] author
-- ARGV[4] ms that deleted components are remembered
-- ARGV[5] digest of the request, '' when it has no id
--
-- Returns {deleted: flag, version: integer, time ms: integer}, or {deleted: flag, component: bytes} as
-- it is written, or '', when it does not have the version that is expected.
--
-- @include config/_store
-- @include lib/once
local values, names, log, history, request = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local component, expected, author, memory, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local answer = replay(request, digest)
if answer then
  return answer
end
local group, before = read_group(values, component)
if not before or not is_expected(before, expected) then
  return {0, before or ''}
end
local now = microseconds()
local time = integer(math.floor(now / 1000))
local version = integer((change(values, log, group, now, component, before, author)))
write_history(history, version, '-' .. version .. ' ' .. time .. ' ' .. author .. '\n')
redis.call('PEXPIRE', history, memory)
redis.call('ZREM', names, component)
if redis.call('EXISTS', names) == 0 then
  redis.call('PEXPIRE', values, memory)
  redis.call('PEXPIRE', log, memory)
end
return keep(request, digest, {1, tonumber(version), tonumber(time)})

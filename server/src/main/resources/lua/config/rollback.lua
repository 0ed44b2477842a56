-- Gives a component the value of an earlier version, if it has the version that is expected.
--
-- KEYS[1] values
-- KEYS[2] names
-- KEYS[3] log
-- KEYS[4] history
-- KEYS[5] request
-- ARGV[1] component
-- ARGV[2] version it must have, 0 for none, '' for any
-- ARGV[3] author
-- ARGV[4] version whose value is wanted
-- ARGV[5] digest of the request, '' when it has no id
--
-- Returns {made: flag, version: integer, time ms: integer} when it has the value now, {made: flag,
-- component: bytes} as it is written, or '', when it does not have the version.
--
-- @include config/_store
-- @include lib/once
local values, names, log, history, request = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local component, expected, author, wanted, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local answer = replay(request, digest)
if answer then
  return answer
end
local thing = redis.call('ZRANGE', history, wanted, wanted, 'BYSCORE')[1]
local version, _, _, value = parse(thing or '0 0 \n')
if version ~= wanted then
  return redis.error_reply('CONFIG_VERSION_UNKNOWN no value of that version is kept')
end
answer = store(values, names, log, history, component, expected, author, value)
return answer[1] == 1 and keep(request, digest, answer) or answer

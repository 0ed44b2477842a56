-- Gives a component a value, if it has the version that is expected.
--
-- KEYS[1] values
-- KEYS[2] names
-- KEYS[3] log
-- KEYS[4] history
-- KEYS[5] request
-- ARGV[1] component
-- ARGV[2] version it must have, 0 for none, '' for any
-- ARGV[3] author
-- ARGV[4] value
-- ARGV[5] digest of the request, '' when it has no id
--
-- Returns {made: flag, version: integer, time ms: integer} when it has the value now, {made: flag,
-- component: bytes} as it is written, or '', when it does not have the version.
--
-- @include config/_store
-- @include lib/once
local values, names, log, history, request = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local component, expected, author, value, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local answer = replay(request, digest)
if answer then
  return answer
end
answer = store(values, names, log, history, component, expected, author, value)
return answer[1] == 1 and keep(request, digest, answer) or answer

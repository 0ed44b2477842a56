-- Keeps what a request was first carried out with.
--
-- KEYS[1] user
-- KEYS[2] request
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] value
--
-- Returns {value: text}.
--
-- @include lib/once
-- @include social/_user
local user_key, request = KEYS[1], KEYS[2]
local digest, value = ARGV[1], ARGV[2]

local before = replay(request, digest)
if before then
  return before
end
local user, refusal = load_user(user_key)
if not user then
  return refusal
end
return keep(request, digest, {value})

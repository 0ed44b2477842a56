-- Reserves a login for 10 minutes.
--
-- KEYS[1] login
-- KEYS[2] request
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] id of the user
--
-- Returns {reserved: flag, user id: text, pending: flag}: the user who has it, or for whom it was reserved,
-- and whether it is only reserved.
--
-- @include lib/once
local login, request = KEYS[1], KEYS[2]
local digest, user = ARGV[1], ARGV[2]

local before = replay(request, digest)
if before then
  return before
end
if not redis.call('SET', login, '?' .. user, 'NX', 'PX', 600000) then
  local mark, owner = string.match(redis.call('GET', login), '^(%??)(.*)$')
  return {owner == user and 1 or 0, owner, #mark}
end
return keep(request, digest, {1, user, 1})

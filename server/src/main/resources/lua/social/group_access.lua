-- Reads a group, and what a user is there.
--
-- Reads only.
--
-- KEYS[1] group
-- KEYS[2] members
-- KEYS[3] roles
-- ARGV[1] user
--
-- Returns {value: bytes, members: integer, member: flag, role: integer}.
local group, members, roles = KEYS[1], KEYS[2], KEYS[3]
local user = ARGV[1]

return {
  redis.call('GET', group) or '', redis.call('ZCARD', members),
  redis.call('ZSCORE', members, user) and 1 or 0, tonumber(redis.call('ZSCORE', roles, user) or 1),
}

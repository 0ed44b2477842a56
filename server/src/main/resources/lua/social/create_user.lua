-- Writes a user, for an hour until it is confirmed, or the value of a list or a group. Its timeline is
-- kept from now on.
--
-- KEYS[1] user
-- KEYS[2] warm
-- ARGV[1] value
-- ARGV[2] ms it is kept, 0 for good
-- ARGV[3] ms for which its timeline is kept without being read
--
-- Returns {created: flag}.
local key, warm = KEYS[1], KEYS[2]
local value, keep_ms, warm_ms = ARGV[1], tonumber(ARGV[2]), ARGV[3]

if not redis.call('SET', key, value, 'NX') then
  return {0}
end
if keep_ms > 0 then
  redis.call('PEXPIRE', key, keep_ms)
end
redis.call('SET', warm, 'w', 'PX', warm_ms)
return {1}

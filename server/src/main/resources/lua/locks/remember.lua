-- Remembers that a request was granted while it stood in line. When it had been granted before, by
-- another attempt that stood in line too, this grant is given back.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- KEYS[4] request
-- ARGV[1] token of the grant
-- ARGV[2] lease in milliseconds
-- ARGV[3] label of the holder
--
-- Returns {1}.
--
-- @include lib/lock_line
-- @include lib/lock_request
local owner, line, servers, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, lease, holder = ARGV[1], ARGV[2], ARGV[3]

if redis.call('EXISTS', request_key) == 0 then
  remember(request_key, lease, holder)
  return {1}
end
local now = microseconds()
local lock = read_lock(owner, now)
if lock.held and lock.keeper == token then
  hand_over(owner, free(owner, lock), line, servers, now)
end
return redis.error_reply('LOCK_NOT_HELD the grant made for this request_id has ended')

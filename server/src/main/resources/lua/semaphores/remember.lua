-- Remembers that a request was granted while it stood in line. When it had been granted before, by
-- another attempt that stood in line too, or the request has ended, this grant is given back. A grant
-- that has ended meanwhile, because its call was cancelled, is not remembered: another attempt may still
-- be waiting for one.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
-- ARGV[1] token of the grant
-- ARGV[2] permits
-- ARGV[3] lease in milliseconds, 0 for the default one
-- ARGV[4] label of the holder
--
-- Returns {1, token, fence, end of the lease in ms, permits in use, limit} of the grant that counts;
-- {1} when it is the one that was to be remembered, or has ended.
--
-- @include lib/semaphore_line
-- @include lib/semaphore_request
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_key = KEYS[6]
local token, permits, lease, holder = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
local grant = sem and grant_of(sem, token)
local before = string.match(redis.call('GET', request_key) or '', '^%S+')
if before == '-' then
  if grant then
    take_back(sem, grant)
    hand_over(sem, line, servers)
    write_semaphore(sem)
  end
  return ended()
end
if not grant then
  return {1}
end
if not before or before == token then
  remember(request_key, grant.expire - sem.ms, token, permits, lease, holder)
  return {1}
end
if leave_grant(sem, grant, token) then
  hand_over(sem, line, servers)
  write_semaphore(sem)
end
return repeated(sem, request_key, token, permits, lease, holder)

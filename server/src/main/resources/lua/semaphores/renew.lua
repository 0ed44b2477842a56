-- Sets the time the lease of a grant still runs, and may make another call its only keeper.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] revoked
-- ARGV[1] token of the grant
-- ARGV[2] lease in milliseconds, 0 for the default one
-- ARGV[3] call that must be a keeper, '' for any
-- ARGV[4] call that becomes the only keeper, '' to leave it as it is
--
-- Returns {fence, end of the lease in ms, permits in use, limit}.
--
-- @include lib/semaphore_lease
-- @include lib/semaphore_refusal
local state, holders, grants, revoked = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, lease, keeper, successor = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
local grant = sem and grant_of(sem, token)
if not grant then
  return not_held(revoked)
end
if keeper ~= '' and not is_keeper(grant.keepers, keeper) then
  return redis.error_reply('SEMAPHORE_NOT_HELD another call holds the permits with this token')
end
if successor ~= '' then
  grant.keepers = successor
end
if lease_grant(sem, grant, lease) then
  write_semaphore(sem)
end
return {tonumber(grant.fence), grant.expire, sem.used, sem.limit}

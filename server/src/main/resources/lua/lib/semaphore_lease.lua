-- @include lib/semaphore_state
--
-- Sets the end of the lease of a grant. The keys of the holders live a minute longer than the last
-- lease at least.

-- Lease in milliseconds, 0 for the default one.
local function lease_grant(sem, grant, lease)
  grant.expire = sem.ms + (lease == 0 and sem.lease or lease)
  redis.call('ZADD', sem.holders, integer(grant.expire), id_of(grant.token))
  write_grant(sem, grant)
  if sem.used == 0 or grant.expire > sem.keep then
    sem.keep = grant.expire + KEYS_SLACK_MS
    redis.call('PEXPIREAT', sem.holders, integer(sem.keep))
    redis.call('PEXPIREAT', sem.grants, integer(sem.keep))
    return true
  end
  return false
end

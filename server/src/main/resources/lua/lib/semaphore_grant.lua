-- @include lib/semaphore_lease
--
-- Grants and takes back permits. Who calls these writes the semaphore afterwards.

-- Gives permits that are free to a token. The fence is max(last + 1, now in microseconds): it rises
-- even when the last one was lost.
local function grant_permits(sem, token, permits, lease, request, holder)
  sem.fence = math.max(sem.fence + 1, sem.now)
  local grant = {
    permits = permits, since = integer(sem.ms), fence = integer(sem.fence), keepers = token,
    token = token, request = request, holder = holder,
  }
  lease_grant(sem, grant, lease)
  sem.used = sem.used + permits
  return grant
end

local function take_back(sem, grant)
  redis.call('ZREM', sem.holders, id_of(grant.token))
  redis.call('HDEL', sem.grants, id_of(grant.token))
  sem.used = sem.used - grant.permits
end

-- Ends the part of a call in a grant: takes it back unless it has other keepers. Returns whether it did.
local function leave_grant(sem, grant, call)
  if not is_keeper(grant.keepers, call) then
    return false
  end
  local others = without_keeper(grant.keepers, call)
  if others then
    grant.keepers = others
    write_grant(sem, grant)
    return false
  end
  take_back(sem, grant)
  return true
end

-- The answer that tells a caller about a grant.
local function granted(sem, grant)
  return {1, grant.token, tonumber(grant.fence), grant.expire, sem.used, sem.limit}
end

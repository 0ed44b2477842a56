-- @include semaphores/_state
-- @include lib/wait_queue
--
-- Grants of permits. Who makes or ends one saves the semaphore in the end.

local THING = 'permits of the semaphore'

local function not_held(text)
  return redis.error_reply('SEMAPHORE_NOT_HELD ' .. text)
end

local function refuse(sem, waiter)
  if sem.missing then
    return redis.error_reply(
      'SEMAPHORE_NOT_FOUND nobody configured this semaphore: call Configure, or say a limit')
  end
  if wanted(waiter) > sem.limit then
    return redis.error_reply('SEMAPHORE_LIMIT_EXCEEDED ' .. wanted(waiter)
      .. ' permits are more than the limit of ' .. integer(sem.limit))
  end
end

local function fits(sem, waiter)
  local permits = wanted(waiter)
  return permits > sem.limit and 'never' or sem.used + permits > sem.limit and 'later' or 'now'
end

-- Writes down a new grant, or another end of its lease. The keys of the holders live a minute longer than the
-- last lease at least; returns whether they live longer now.
local function put_grant(sem, grant)
  redis.call('ZADD', sem.keys.holders, integer(grant.expire), id_of(grant.token))
  write_record(sem, grant)
  if sem.used == 0 or grant.expire > sem.keep then
    sem.keep = grant.expire + KEYS_SLACK_MS
    redis.call('PEXPIREAT', sem.keys.holders, integer(sem.keep))
    redis.call('PEXPIREAT', sem.keys.grants, integer(sem.keep))
    return true
  end
end

-- The fence is max(last + 1, now in microseconds): it rises even when the last one was lost.
local function grant_to(sem, waiter)
  sem.fence = math.max(sem.fence + 1, sem.now)
  local grant = {
    permits = wanted(waiter), since = integer(sem.ms), fence = integer(sem.fence),
    keepers = waiter.token, token = waiter.token, request = waiter.request, label = waiter.label,
  }
  local lease = tonumber(waiter.lease)
  grant.expire = sem.ms + (lease > 0 and lease or sem.default_lease)
  put_grant(sem, grant)
  sem.used = sem.used + grant.permits
  return grant
end

-- No grant is found by its request: there may be many.
local function granted_to()
end

local function save(sem, empty)
  if not sem.missing then
    write_semaphore(sem)
  end
  if empty then
    redis.call('DEL', sem.keys.servers)
  end
end

local function write_grant(sem, grant)
  if put_grant(sem, grant) then
    save(sem)
  end
end

local function end_grant(sem, grant)
  redis.call('ZREM', sem.keys.holders, id_of(grant.token))
  redis.call('HDEL', sem.keys.grants, id_of(grant.token))
  sem.used = sem.used - grant.permits
end

-- @include lib/lock_grants
--
-- Tells the servers that watch a lock what has happened to a grant and how the lock stands now, on
-- the channel of the lock's events: change, time in microseconds, fence and mode of the grant, end of
-- the last lease or 0 when the lock is free, number of readers, newest fence, label, and on a second
-- line the explanation of a forced release. acquire.lua writes it out for itself.
local function tell(lock, change, grant, explanation)
  if lock.watched == nil then
    lock.watched = is_marked(lock, WATCHED) or false
  end
  if not lock.watched then
    return
  end
  local shared = is_shared(grant.token) or grant.token == '+'
  local event = table.concat({
    change, integer(lock.now), integer(grant.fence), shared and 's' or 'x',
    integer(lock.held and lock.expire or 0), count_readers(lock),
    integer(lock.fence), grant.holder,
  }, ' ')
  local entity = string.sub(lock.keys.owner, 1, -string.len('owner') - 1)
  redis.call('SPUBLISH', entity .. 'events', event .. '\n' .. (explanation or ''))
end

-- Ends a grant whose holder gives it back, and tells so.
local function give_back(lock, grant)
  local told = {token = grant.token, fence = grant.fence, holder = grant.holder}
  end_grant(lock, grant)
  tell(lock, 'released', told)
end

-- Ends the part of a call in a grant: gives it back unless it has other keepers. Returns whether it did.
local function leave_grant(lock, grant, call)
  if not is_keeper(grant.keepers, call) then
    return false
  end
  local others = without_keeper(grant.keepers, call)
  if others then
    keep_grant(lock, grant, others, grant.expire)
    return false
  end
  give_back(lock, grant)
  return true
end

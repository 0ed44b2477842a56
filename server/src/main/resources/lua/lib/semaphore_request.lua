-- @include lib/semaphore_grant
--
-- Request ids. For 10 minutes, or the lease if that is longer, the request key remembers that the
-- request was granted: token of the grant, permits, lease as it was asked for, label. A request that has
-- ended, because its caller gave it up, has the token '-' and is remembered for 10 minutes.

local REQUEST_MS = 600000

-- Remembers that a request has ended.
local function end_request(request_key)
  redis.call('SET', request_key, '- ', 'PX', REQUEST_MS)
end

-- The refusal of a request that has ended.
local function ended()
  return redis.error_reply(
    'SEMAPHORE_NOT_HELD the request was given up: Release was called with its id')
end

-- The lease of the grant runs for so many milliseconds more.
local function remember(request_key, left, token, permits, lease, holder)
  redis.call(
    'SET', request_key, table.concat({token, permits, lease, holder}, ' '), 'PX',
    integer(math.max(REQUEST_MS, left)))
end

-- The answer to a request that was granted before, or nil. The call becomes one of the grant's keepers:
-- which of the calls their caller goes by is not known.
local function repeated(sem, request_key, call, permits, lease, holder)
  local before = redis.call('GET', request_key)
  if not before then
    return nil
  end
  local token, asked = string.match(before, '^(%S+) (.*)$')
  if token == '-' then
    return ended()
  end
  if asked ~= table.concat({permits, lease, holder}, ' ') then
    return redis.error_reply(
      'REQUEST_ID_REUSED the request_id was used with other permits, lease or holder')
  end
  local grant = sem and grant_of(sem, token)
  if not grant then
    return redis.error_reply('SEMAPHORE_NOT_HELD the grant made for this request_id has ended')
  end
  grant.keepers = with_keeper(grant.keepers, call)
  write_grant(sem, grant)
  return granted(sem, grant)
end

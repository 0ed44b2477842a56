-- @include lib/lock_grants
--
-- Request ids. For 10 minutes, or the lease if that is longer, the request key remembers that a request
-- was granted, as token, split by a space from what the request asked for. A grant made in line is not
-- remembered at once: that of an exclusive holder names its request itself. A request that has ended,
-- because its caller gave it up, has the token '-' and is remembered for 10 minutes.

local REQUEST_MS = 600000

-- Remembers that a request has ended.
local function end_request(lock)
  redis.call('SET', lock.keys.request, '- ', 'PX', REQUEST_MS)
end

-- The refusal of a request that has ended.
local function ended()
  return redis.error_reply('LOCK_NOT_HELD the request was given up: Release was called with its id')
end

-- The answer to a request that was granted before, or nil. The call becomes one of the grant's keepers:
-- which of the calls their caller goes by is not known.
local function repeated(lock, wish)
  local before = redis.call('GET', lock.keys.request)
  local token, body = string.match(before or '', '^(%S+) (.*)$')
  if not token then
    if lock.shared or not lock.held or lock.request ~= wish.request then
      return nil
    end
    local same = lock.lease == wish.lease and lock.holder == wish.holder
    token, body = lock.token, same and wish.body
  end
  if token == '-' then
    return ended()
  end
  if body ~= wish.body then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used for something else')
  end
  local grant = find_grant(lock, token)
  if not grant then
    return redis.error_reply('LOCK_NOT_HELD the grant made for this request_id has ended')
  end
  keep_grant(lock, grant, with_keeper(grant.keepers, wish.token), grant.expire)
  return granted(grant)
end

-- Remembers that a request was granted.
local function remember(lock, token, body)
  -- What it asked for begins with the lease.
  local memory = math.max(REQUEST_MS, string.match(body, '^%d+'))
  redis.call('SET', lock.keys.request, token .. ' ' .. body, 'PX', integer(memory))
end

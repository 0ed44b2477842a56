-- @include lib/hand_over
--
-- Request ids of grants. For 10 minutes, or the lease if that is longer, the request key remembers that a
-- request was granted: token of the grant, what was asked for. A request that has ended, because its caller
-- gave it up, has the token '-' and is remembered for 10 minutes. A grant made in the queue is not
-- remembered at once; it may name its request itself: see granted_to in lib/hand_over.

local REQUEST_MS = 600000

-- Remembers that a request has ended.
local function end_request(resource)
  redis.call('SET', resource.keys.request, '- ', 'PX', REQUEST_MS)
end

-- The refusal of a request that has ended.
local function ended()
  return not_held('the request was given up: Release was called with its id')
end

local function remember(resource, grant, body)
  redis.call('SET', resource.keys.request, grant.token .. ' ' .. body, 'PX',
    integer(math.max(REQUEST_MS, grant.expire - resource.ms)))
end

-- The token of the grant that is remembered for the request; '-' when the request has ended.
local function remembered(resource)
  return string.match(redis.call('GET', resource.keys.request) or '', '^%S+')
end

-- The reply to a request that was granted before, or nothing. The call becomes one of the grant's keepers:
-- which of the calls their caller goes by is not known.
local function repeated(resource, request, call, body)
  local token, asked = string.match(
    redis.call('GET', resource.keys.request) or '', '^(%S+) (.*)$')
  local grant
  if token then
    grant = find_grant(resource, token)
  else
    grant, asked = granted_to(resource, request, body)
    if not grant then
      return nil
    end
  end
  if token == '-' then
    return ended()
  end
  if asked ~= body then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used for something else')
  end
  if not grant then
    return not_held('the grant made for this request_id has ended')
  end
  grant.keepers = with_keeper(grant.keepers, call)
  write_grant(resource, grant)
  return granted(resource, grant)
end

-- @include lib/lock_keeper
--
-- Request ids. While a grant is held its owner value names the request; for 10 minutes the request
-- key remembers that the request was granted, as lease in milliseconds and label.

local REQUEST_MS = 600000

-- The answer to a request that was granted before, or nil. From then on no call gives the grant back
-- by ending: which of them its caller goes by is not known.
local function repeated(owner, request_key, lock, request, lease, holder)
  local holds = lock.held and lock.request == request
  local before = holds and lock.lease .. ' ' .. lock.holder or redis.call('GET', request_key)
  if not before then
    return nil
  end
  if before ~= lease .. ' ' .. holder then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used with another lease or holder')
  end
  if not holds then
    return redis.error_reply('LOCK_NOT_HELD the grant made for this request_id has ended')
  end
  hand_to_keeper(owner, lock, '-', lock.expire)
  return granted(lock)
end

-- Remembers that a request was granted.
local function remember(request_key, lease, holder)
  redis.call('SET', request_key, lease .. ' ' .. holder, 'PX', REQUEST_MS)
end

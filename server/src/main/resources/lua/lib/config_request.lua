-- Request ids. For 10 minutes the request key remembers a change that was made: a digest of the
-- request, version and time of the change in ms; split by single spaces.

local REQUEST_MS = 600000

-- The answer to a request that was carried out before, or nil.
local function repeated(request_key, digest)
  local before = redis.call('GET', request_key)
  if not before then
    return nil
  end
  local known, version, time = string.match(before, '^(%S+) (%S+) (%S+)$')
  if known ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used for another request')
  end
  return {1, tonumber(version), tonumber(time)}
end

local function remember(request_key, digest, version, time)
  redis.call('SET', request_key, digest .. ' ' .. version .. ' ' .. time, 'PX', REQUEST_MS)
end

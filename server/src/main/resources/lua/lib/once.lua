--
-- Requests that may be sent again under the same id. The request key keeps, for 10 minutes, a digest of
-- the request, a space and the first reply. A digest of '' stands for a request without an id.

-- The reply to a request that was carried out before, or nil. The script returns it and does nothing.
local function replay(request, digest)
  local before = digest ~= '' and redis.call('GET', request)
  if not before then
    return nil
  end
  local known, reply = string.match(before, '^(%S+) (.*)$')
  if known ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used for another request')
  end
  return cmsgpack.unpack(reply)
end

-- Keeps the reply of a request that was carried out, and returns it.
local function keep(request, digest, reply)
  if digest ~= '' then
    redis.call('SET', request, digest .. ' ' .. cmsgpack.pack(reply), 'PX', 600000)
  end
  return reply
end

-- How a caller is refused.

-- Whose token holds no permits; the revoked key tells whether they were taken away.
local function not_held(revoked)
  local reason = redis.call('GET', revoked)
  if reason then
    return redis.error_reply('SEMAPHORE_REVOKED ' .. reason)
  end
  return redis.error_reply('SEMAPHORE_NOT_HELD this token holds no permits of the semaphore')
end

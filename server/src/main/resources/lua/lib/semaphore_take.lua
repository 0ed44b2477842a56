-- @include lib/semaphore_line
--
-- Takes permits for a caller who does not wait. Returns the answer.

local function take(sem, line, servers, token, permits, lease, request, holder)
  if permits > sem.limit then
    return redis.error_reply(
      'SEMAPHORE_LIMIT_EXCEEDED ' .. permits .. ' permits are more than the limit of '
        .. integer(sem.limit))
  end
  local waiting = redis.call('ZCARD', line)
  if waiting > 0 then
    hand_over(sem, line, servers)
    waiting = redis.call('ZCARD', line)
  end
  local answer
  if waiting == 0 and sem.used + permits <= sem.limit then
    answer = granted(sem, grant_permits(sem, token, permits, lease, request, holder))
  else
    answer = not_granted(sem, waiting + 1)
  end
  write_semaphore(sem)
  return answer
end

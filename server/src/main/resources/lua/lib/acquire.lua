-- @include lib/request_memory
--
-- Grants what a caller wants who does not wait, if it is free and nobody waits for it. Returns the reply.
local function acquire(resource, waiter, body)
  local asked = waiter.request ~= '-'
  local answer = asked and repeated(resource, waiter.request, waiter.token, body)
    or refuse(resource, waiter)
  if answer then
    return answer
  end
  local line, more = resource.keys.line, false
  local waiting = redis.call('ZCARD', line)
  if waiting > 0 then
    more = hand_over(resource)
    waiting = redis.call('ZCARD', line)
  end
  if waiting > 0 or fits(resource, waiter) ~= 'now' then
    return not_granted(resource, waiting + 1, 0, more)
  end
  local grant = grant_to(resource, waiter)
  save(resource)
  if asked then
    remember(resource, grant, body)
  end
  return granted(resource, grant)
end

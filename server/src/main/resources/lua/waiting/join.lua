-- Grants what a caller wants, or puts it into the queue. Doing it again changes nothing.
--
-- KEYS[1..] those of the resource, and the request
-- ARGV[1] waiter
-- ARGV[2] what its request asks for
-- ARGV[3] ticket it had in the queue before, 0 for none
-- ARGV[4] how many may wait
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, note: text} when granted,
-- {granted: flag, note: text, until free ms: integer, place: integer, ticket: integer, more: flag} when
-- it waits.
--
-- @include resource/_state
-- @include lib/wait_queue
local keys, text, body, ticket, most = by_name(KEYS), ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local waiter = parse_waiter(text)
local resource = read(keys, microseconds(), waiter.terms)
-- Under contention this is the usual case; what the others need costs more than it does.
if waiter.request == '-' and is_busy(resource, waiter) then
  return enqueue(resource, waiter, ticket, most)
    or not_granted(resource, place_of(resource, text), waiter.ticket)
end
-- @include resource/_resource
-- @include lib/request_memory
local grant = find_grant(resource, waiter.token)
if grant then
  return granted(resource, grant)
end
local answer = waiter.request ~= '-' and repeated(resource, waiter.request, waiter.token, body)
if answer then
  if redis.call('ZREM', keys.line, text) == 1 then
    hand_over(resource)
  end
  return answer
end
answer = refuse(resource, waiter) or enqueue(resource, waiter, ticket, most)
if answer then
  return answer
end
local more = hand_over(resource)
grant = find_grant(resource, waiter.token)
return grant and granted(resource, grant)
  or not_granted(resource, place_of(resource, text), waiter.ticket, more)

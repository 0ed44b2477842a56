-- Takes permits, or stands in line for them. Doing it again changes nothing.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
-- ARGV[1] waiter
-- ARGV[2] ticket it had in the line before, 0 for none
-- ARGV[3] limit, 0 for none, in case there is none
-- ARGV[4] how many may stand in line
--
-- Returns {1, token, fence, end of the lease in ms, permits in use, limit} when taken, {0, permits in
-- use, limit, ms until the first lease ends or -1 when more is to be handed over than is done in one
-- go, place in line, ticket} when in line.
--
-- @include lib/semaphore_line
-- @include lib/semaphore_request
-- @include lib/semaphore_missing
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_key = KEYS[6]
local waiter, ticket, limit, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local server, token, lease, request, permits, holder = parse_waiter(waiter)

local sem = read_semaphore(state, holders, grants, microseconds(), limit)
local held = sem and grant_of(sem, token)
if held then
  return granted(sem, held)
end
local answer = request ~= '-' and repeated(sem, request_key, token, permits, lease, holder)
if answer then
  if redis.call('ZREM', line, waiter) == 1 and sem then
    hand_over(sem, line, servers)
    write_semaphore(sem)
  end
  return answer
end
if not sem then
  return missing()
end
if tonumber(permits) > sem.limit then
  return redis.error_reply(
    'SEMAPHORE_LIMIT_EXCEEDED ' .. permits .. ' permits are more than the limit of '
      .. integer(sem.limit))
end
local place = redis.call('ZSCORE', line, waiter)
if place then
  ticket = tonumber(place)
else
  if redis.call('ZCARD', line) >= most then
    return redis.error_reply(
      'SEMAPHORE_LINE_FULL ' .. most .. ' callers wait for this semaphore already')
  end
  if ticket == 0 then
    local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2]
    ticket = math.max(tonumber(last or '0') + 1, sem.now)
  end
  redis.call('ZADD', line, integer(ticket), waiter)
end
mark_newcomer(line, servers, server, sem.ms)
local fence = sem.fence
local more = hand_over(sem, line, servers)
write_semaphore(sem)
held = sem.fence > fence and grant_of(sem, token)
if held then
  return granted(sem, held)
end
answer = not_granted(sem, (redis.call('ZRANK', line, waiter) or 0) + 1)
answer[4] = more and -1 or answer[4]
answer[6] = integer(ticket)
return answer

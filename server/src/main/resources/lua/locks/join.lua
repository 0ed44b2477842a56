-- Takes the lock, or stands in line for it. Doing it again changes nothing.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- KEYS[4] request
-- ARGV[1] waiter
-- ARGV[2] ticket it had in the line before, 0 for none
-- ARGV[3] how many may stand in line
--
-- Returns {1, token, fence, end of the lease in ms} when taken,
-- {0, label of the holder, ms its lease still runs, place in line, ticket} when in line.
--
-- @include lib/lock_line
-- @include lib/lock_request
local owner, line, servers, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local waiter, ticket, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local server, token, lease, request, holder = parse_waiter(waiter)

local now = microseconds()
local lock = read_lock(owner, now)
if lock.held and lock.token == token then
  return granted(lock)
end
local answer = request ~= '-'
  and repeated(owner, request_key, lock, request, lease, holder)
if answer then
  return answer
end
local place = redis.call('ZSCORE', line, waiter)
if place then
  ticket = tonumber(place)
else
  if redis.call('ZCARD', line) >= limit then
    return redis.error_reply('LOCK_LINE_FULL ' .. limit .. ' callers wait for this lock already')
  end
  if ticket == 0 then
    local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2]
    ticket = math.max(tonumber(last or '0') + 1, now)
  end
  redis.call('ZADD', line, integer(ticket), waiter)
end
mark_server(line, servers, server, now)
if not lock.held then
  lock = hand_over(owner, lock, line, servers, now)
  if lock.held and lock.token == token then
    return granted(lock)
  end
end
local rank = redis.call('ZRANK', line, waiter) or 0
return {0, lock.holder, lock.held and lock.left or 0, rank + 1, integer(ticket)}

-- Takes the lock, or stands in line for it. Doing it again changes nothing.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] waiter
-- ARGV[2] what its request asks for
-- ARGV[3] ticket it had in the line before, 0 for none
-- ARGV[4] how many may stand in line
--
-- Returns {1, token, fence, end of the lease in ms} when taken,
-- {0, label of the holder, ms its lease still runs or -1 when more is to be handed over than is done
-- in one go, place in line, ticket} when in line.
--
-- @include lib/lock_keys
-- @include lib/lock_marks
local keys = by_name(KEYS)
local waiter, body, ticket, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

-- As parse_waiter() of lib/lock_line reads it.
local server, token, lease, request, holder = string.match(
  waiter, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
local lock = read_lock(keys, microseconds())

-- Puts the waiter into the line, where it was or at the end; returns why not, or nothing.
local function stand()
  local place = redis.call('ZSCORE', keys.line, waiter)
  if place then
    ticket = tonumber(place)
  else
    if redis.call('ZCARD', keys.line) >= limit then
      return redis.error_reply('LOCK_LINE_FULL ' .. limit .. ' callers wait for this lock already')
    end
    if ticket == 0 then
      local last = redis.call('ZRANGE', keys.line, -1, -1, 'WITHSCORES')[2]
      ticket = math.max(tonumber(last or '0') + 1, lock.now)
    end
    redis.call('ZADD', keys.line, integer(ticket), waiter)
  end
  mark(lock, server)
  redis.call('PEXPIRE', keys.line, 60000)
end

local function place_in_line()
  local answer = not_granted(lock, (redis.call('ZRANK', keys.line, waiter) or 0) + 1)
  answer[5] = integer(ticket)
  return answer
end

if lock.held and not lock.shared and lock.token ~= token and request == '-' then
  return stand() or place_in_line()
end
-- @include lib/lock_line
-- @include lib/lock_request
local grant = find_grant(lock, token)
if grant then
  return granted(grant)
end
local wish = {token = token, lease = lease, request = request, holder = holder, body = body}
local answer = request ~= '-' and repeated(lock, wish)
if answer then
  if redis.call('ZREM', keys.line, waiter) == 1 and lock.shared then
    hand_over(lock)
  end
  return answer
end
local refusal = stand()
if refusal then
  return refusal
end
local more = false
if lock.shared or not lock.held then
  more = hand_over(lock)
  grant = find_grant(lock, token)
  if grant then
    return granted(grant)
  end
end
answer = place_in_line()
answer[3] = more and -1 or answer[3]
return answer

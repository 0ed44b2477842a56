-- Takes the lock, alone or as a reader, for a request that may have been sent before. Never waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] token of the caller
-- ARGV[2] lease in milliseconds
-- ARGV[3] request id or '-'
-- ARGV[4] label of the caller
-- ARGV[5] what the request asks for
--
-- Returns {1, token, fence, end of the lease in ms} when taken, now or before,
-- {0, label of the holder, ms its lease still runs, place in line a waiter would get, 1 when more is
-- to be handed over than is done in one go, else 0} when held.
local owner, line, marks, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[5]
local wish = {token = ARGV[1], lease = ARGV[2], request = ARGV[3], holder = ARGV[4], body = ARGV[5]}

-- The usual case is written out, as in locks/acquire.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last, ends = string.match(
  redis.call('GET', owner) or '- - 0 0 0', '^%S+ %S+ (%S+) %S+ (%S+)')
local since = math.floor(now / 1000)
if tonumber(ends) <= since and string.sub(wish.token, 1, 2) ~= 's.'
  and redis.call('EXISTS', line, marks, request_key) == 0 then
  local fence, expire = math.max(last + 1, now), since + wish.lease
  local taken = string.format('%s %s %.0f %.0f %.0f %s %s %s',
    wish.token, wish.token, fence, since, expire, wish.lease, wish.request, wish.holder)
  redis.call('SET', owner, taken, 'PXAT', expire + 86400000)
  if wish.request ~= '-' then
    -- As remember() of lib/lock_request writes it.
    redis.call('SET', request_key, wish.token .. ' ' .. wish.body, 'PX',
      math.max(600000, wish.lease))
  end
  return {1, wish.token, fence, expire}
end

-- @include lib/lock_keys
-- @include lib/lock_line
-- @include lib/lock_request
local keys = by_name(KEYS)
local lock = read_lock(keys, now)
local answer = wish.request ~= '-' and repeated(lock, wish)
if answer then
  return answer
end
local waiting, more = redis.call('ZCARD', keys.line), false
if lock.lapsed or waiting > 0 and (lock.shared or not lock.held) then
  more = hand_over(lock)
  waiting = redis.call('ZCARD', keys.line)
end
if waiting > 0 or lock.held and not (lock.shared and is_shared(wish.token)) then
  answer = not_granted(lock, waiting + 1)
  answer[5] = more and 1 or 0
  return answer
end
local grant = grant_to(lock, wish.token, wish.lease, wish.request, wish.holder)
if lock.shared then
  sum_up(lock)
end
if wish.request ~= '-' then
  remember(lock, grant.token, wish.body)
end
tell(lock, 'acquired', grant)
return granted(grant)

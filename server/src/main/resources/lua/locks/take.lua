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
-- {0, label of the holder, ms its lease still runs, place in line a waiter would get} when held.
--
-- @include lib/lock_keys
-- @include lib/lock_line
-- @include lib/lock_request
local keys = by_name(KEYS)
local wish = {token = ARGV[1], lease = ARGV[2], request = ARGV[3], holder = ARGV[4], body = ARGV[5]}

local lock = read_lock(keys, microseconds())
local answer = wish.request ~= '-' and repeated(lock, wish)
if answer then
  return answer
end
local waiting = redis.call('ZCARD', keys.line)
if lock.lapsed or waiting > 0 and (lock.shared or not lock.held) then
  hand_over(lock)
  waiting = redis.call('ZCARD', keys.line)
end
if waiting > 0 or lock.held and not (lock.shared and is_shared(wish.token)) then
  return not_granted(lock, waiting + 1)
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

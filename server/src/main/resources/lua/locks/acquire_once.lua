-- Takes the lock for a request that may have been sent before. Never waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- KEYS[4] request
-- ARGV[1] token of the caller
-- ARGV[2] lease in milliseconds
-- ARGV[3] label of the caller
-- ARGV[4] request id
--
-- Returns {1, token, fence, end of the lease in ms} when taken, now or before,
-- {0, label of the holder, ms its lease still runs, place in line a waiter would get} when held.
--
-- @include lib/lock_line
-- @include lib/lock_request
local owner, line, servers, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, lease, holder, request = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local now = microseconds()
local lock = read_lock(owner, now)
local answer = repeated(owner, request_key, lock, request, lease, holder)
if answer then
  return answer
end
if not lock.held then
  lock = hand_over(owner, lock, line, servers, now)
end
local waiting = redis.call('ZCARD', line)
if lock.held or waiting > 0 then
  return {0, lock.holder, lock.held and lock.left or 0, waiting + 1}
end
remember(request_key, lease, holder)
return granted(grant(owner, lock, now, token, lease, request, holder))

-- Gives back what a request was granted, hands it to the first in line, and remembers that the request
-- has ended: it is not granted again.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] request id
--
-- Returns {1 when the lock was given back, else 0, 1 when more is to be handed over than is done in one
-- go, else 0}.
--
-- @include lib/lock_keys
-- @include lib/lock_line
-- @include lib/lock_request
local keys, request = by_name(KEYS), ARGV[1]

local lock = read_lock(keys, microseconds())
local token = string.match(redis.call('GET', keys.request) or '', '^%S+')
-- A grant made in line may not be remembered yet. If it is a reader's, locks/remember gives it back.
if lock.held and not lock.shared and lock.request == request then
  token = lock.token
end
end_request(lock)
local grant = token and find_grant(lock, token)
if not grant then
  return {0, 0}
end
give_back(lock, grant)
return {1, hand_over(lock) and 1 or 0}

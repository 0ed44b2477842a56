-- Takes permits for a request that may have been sent before. Never waits.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
-- ARGV[1] token of the caller
-- ARGV[2] permits
-- ARGV[3] lease in milliseconds, 0 for the default one
-- ARGV[4] limit, 0 for none, in case there is none
-- ARGV[5] label of the caller
-- ARGV[6] request id
--
-- Returns {1, token, fence, end of the lease in ms, permits in use, limit} when taken, now or before,
-- {0, permits in use, limit, ms until the first lease ends, place in line a waiter would get} else.
--
-- @include lib/semaphore_take
-- @include lib/semaphore_request
-- @include lib/semaphore_missing
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_key = KEYS[6]
local token, permits, lease, limit, holder = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local request = ARGV[6]

local sem = read_semaphore(state, holders, grants, microseconds(), tonumber(limit))
local answer = repeated(sem, request_key, token, permits, lease, holder)
if answer then
  return answer
end
if not sem then
  return missing()
end
answer = take(sem, line, servers, token, tonumber(permits), tonumber(lease), request, holder)
if answer[1] == 1 then
  remember(request_key, answer[4] - sem.ms, token, permits, lease, holder)
end
return answer

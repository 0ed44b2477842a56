-- Leaves the line, or gives back what was granted in the meantime.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- KEYS[4] request
-- ARGV[1] waiter
-- ARGV[2] 1 to keep a grant, 0 to give it back
--
-- Returns {1, token, fence, end of the lease in ms} for a grant that is kept,
-- {0, label of the holder, ms its lease still runs, place it had in line} otherwise.
--
-- @include lib/lock_line
local owner, line, servers, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local waiter, keep = ARGV[1], ARGV[2] == '1'
local _, token = parse_waiter(waiter)

local now = microseconds()
local rank = redis.call('ZRANK', line, waiter)
if rank then
  redis.call('ZREM', line, waiter)
end
local lock = read_lock(owner, now)
if lock.held and lock.keeper == token then
  if keep then
    return granted(lock)
  end
  if lock.request ~= '-' then
    redis.call('DEL', request_key)
  end
  lock = hand_over(owner, free(owner, lock), line, servers, now)
end
return {0, lock.holder, lock.held and lock.left or 0, rank and rank + 1 or 1}

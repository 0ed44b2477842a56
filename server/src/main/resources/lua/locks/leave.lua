-- Leaves the line, or gives back what was granted in the meantime.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] waiter
-- ARGV[2] token of a grant
-- ARGV[3] call that must be its keeper
-- ARGV[4] 1 to keep a grant, 0 to give it back
--
-- Returns {1, token, fence, end of the lease in ms} for a grant that is kept,
-- {0, label of the holder, ms its lease still runs, place it had in line, 1 when more is to be handed
-- over than is done in one go, else 0} otherwise.
--
-- @include lib/lock_keys
-- @include lib/lock_line
local keys = by_name(KEYS)
local waiter, token, keeper, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'

local rank = redis.call('ZRANK', keys.line, waiter)
if rank then
  redis.call('ZREM', keys.line, waiter)
end
local lock = read_lock(keys, microseconds())
local grant = find_grant(lock, token)
if grant and grant.keeper == keeper then
  if keep then
    return granted(grant)
  end
  -- Another grant may be remembered for the same request.
  if grant.request ~= '-'
    and string.match(redis.call('GET', keys.request) or '', '^%S+') == token then
    redis.call('DEL', keys.request)
  end
  give_back(lock, grant)
  rank = 0
end
-- Who stood behind may go on: the lock is free, or a writer no longer keeps readers waiting.
local more = rank == 0 and (lock.shared or not lock.held) and hand_over(lock)
local answer = not_granted(lock, rank and rank + 1 or 1)
answer[5] = more and 1 or 0
return answer

-- Leaves the line and the keepers of what was granted in the meantime, which gives it back unless it
-- has others. That may be a grant of an earlier call with the same request.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] waiter
-- ARGV[2] token of a grant
-- ARGV[3] call that must be one of its keepers
-- ARGV[4] 1 to keep a grant, 0 to leave it
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
local _, _, _, request = parse_waiter(waiter)
local grant, remembered = find_grant(lock, token), nil
if request ~= '-' then
  remembered = string.match(redis.call('GET', keys.request) or '', '^%S+')
  if not grant then
    local earlier = not lock.shared and lock.request == request and lock.token or remembered
    grant = earlier and find_grant(lock, earlier)
  end
end
if grant and is_keeper(grant.keepers, keeper) then
  if keep then
    return granted(grant)
  end
  local given = grant.token
  if leave_grant(lock, grant, keeper) then
    -- Another grant may be remembered for the same request.
    if remembered == given then
      redis.call('DEL', keys.request)
    end
    rank = 0
  end
end
-- Who stood behind may go on: the lock is free, or a writer no longer keeps readers waiting.
local more = rank == 0 and (lock.shared or not lock.held) and hand_over(lock)
local answer = not_granted(lock, rank and rank + 1 or 1)
answer[5] = more and 1 or 0
return answer

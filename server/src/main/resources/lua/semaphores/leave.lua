-- Leaves the line and the keepers of what was granted in the meantime, which gives it back unless it
-- has others. That may be a grant of an earlier call with the same request.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
-- ARGV[1] waiter
-- ARGV[2] token of the grant
-- ARGV[3] 1 to keep a grant, 0 to leave it
--
-- Returns {1, token, fence, end of the lease in ms, permits in use, limit} for a grant that is kept,
-- {0, permits in use, limit, ms until the first lease ends, place it had in line} otherwise, and
-- at last 1 when more is to be handed over than is done in one go, else 0.
--
-- @include lib/semaphore_line
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_key = KEYS[6]
local waiter, token, keep = ARGV[1], ARGV[2], ARGV[3] == '1'
local _, keeper, _, request = parse_waiter(waiter)

local rank = redis.call('ZRANK', line, waiter)
if rank then
  redis.call('ZREM', line, waiter)
end
local sem = read_semaphore(state, holders, grants, microseconds(), 0)
if not sem then
  return {0, 0, 0, 0, 1, 0}
end
local grant = grant_of(sem, token)
local remembered = request ~= '-' and string.match(redis.call('GET', request_key) or '', '^%S+')
if not grant and remembered then
  grant = grant_of(sem, remembered)
end
local answer
local more = false
if grant and is_keeper(grant.keepers, keeper) and keep then
  answer = granted(sem, grant)
else
  if grant and leave_grant(sem, grant, keeper) then
    -- Another grant may be remembered for the same request.
    if remembered == grant.token then
      redis.call('DEL', request_key)
    end
    more = hand_over(sem, line, servers)
  elseif rank == 0 then
    -- Those behind it may be content with less.
    more = hand_over(sem, line, servers)
  end
  answer = not_granted(sem, rank and rank + 1 or 1)
end
write_semaphore(sem)
answer[#answer + 1] = more and 1 or 0
return answer

-- Keeps a server's waiters alive, hands over a lock whose lease has ended, and tells how things stand.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] server
-- ARGV[2..] waiters of this server
--
-- Returns {ms after which to look again, 0 when that is not known, -1 when more is to be handed over
-- than is done in one go, place in line of each waiter or 0 when it is not in line, then token, fence and end of the lease in ms of each grant to
-- one of the waiters}.
--
-- @include lib/lock_keys
-- @include lib/lock_line
local keys = by_name(KEYS)
local server, waiters = ARGV[1], {unpack(ARGV, 2)}

local lock = read_lock(keys, microseconds())
mark(lock, server)
redis.call('PEXPIRE', keys.line, LINE_MS)
local more = (lock.shared or not lock.held) and hand_over(lock)
local answer = {more and -1 or lock.held and lock.expire - lock.time or 0}
local grants = {}
for _, waiter in ipairs(waiters) do
  local rank = redis.call('ZRANK', keys.line, waiter)
  answer[#answer + 1] = rank and rank + 1 or 0
  if not rank then
    local _, token = parse_waiter(waiter)
    local grant = find_grant(lock, token)
    grants[#grants + 1] = grant
  end
end
for _, grant in ipairs(grants) do
  for _, value in ipairs({grant.token, grant.fence, grant.expire}) do
    answer[#answer + 1] = value
  end
end
return answer

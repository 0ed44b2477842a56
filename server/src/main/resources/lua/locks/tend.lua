-- Keeps a server's waiters alive, hands over a lock whose lease has ended, and tells how things stand.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] servers
-- ARGV[1] server
-- ARGV[2..] waiters of this server
--
-- Returns {ms the holder's lease still runs or 0, token of the holder or '', its fence, end of its
-- lease in ms, place in line of each waiter or 0 when it is not in line}.
--
-- @include lib/lock_line
local owner, line, servers = KEYS[1], KEYS[2], KEYS[3]
local server = ARGV[1]
local waiters = {unpack(ARGV, 2)}

local now = microseconds()
mark_server(line, servers, server, now)
local lock = read_lock(owner, now)
if not lock.held then
  lock = hand_over(owner, lock, line, servers, now)
end
local answer = {0, '', 0, 0}
if lock.held then
  answer = {lock.left, lock.token, lock.fence, lock.expire}
end
for _, waiter in ipairs(waiters) do
  local rank = redis.call('ZRANK', line, waiter)
  answer[#answer + 1] = rank and rank + 1 or 0
end
return answer

-- Keeps a server's waiters alive, hands over permits whose leases have ended, and tells how things
-- stand.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- ARGV[1] server
-- ARGV[2..] waiters of this server
--
-- Returns {ms until the first lease ends, 0 when that is not known, -1 when more is to be handed over
-- than is done in one go, for each waiter its place in line or 0 when it is not in line and what a hint would say about its grant or ''}.
--
-- @include lib/semaphore_line
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local server = ARGV[1]
local waiters = {unpack(ARGV, 2)}

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
local answer = {0}
if sem then
  mark_server(line, servers, server, sem.ms)
  local more = hand_over(sem, line, servers)
  write_semaphore(sem)
  answer[1] = more and -1 or until_first_end(sem)
end
for _, waiter in ipairs(waiters) do
  -- Without a limit there is no line either: who joins again is told.
  local rank = sem and redis.call('ZRANK', line, waiter)
  local grant
  if sem and not rank then
    local _, token = parse_waiter(waiter)
    grant = grant_of(sem, token)
  end
  answer[#answer + 1] = rank and rank + 1 or 0
  answer[#answer + 1] = grant and hint_of(sem, grant) or ''
end
return answer

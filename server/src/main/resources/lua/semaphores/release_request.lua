-- Gives back what a request was granted, hands it to the first in line, and remembers that the request
-- has ended: it is not granted again.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- KEYS[6] request
--
-- Returns {1 when permits were given back, else 0, 1 when more is to be handed over than is done in one
-- go, else 0}.
--
-- @include lib/semaphore_line
-- @include lib/semaphore_request
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_key = KEYS[6]

local token = string.match(redis.call('GET', request_key) or '', '^%S+')
end_request(request_key)
local sem = token and read_semaphore(state, holders, grants, microseconds(), 0)
local grant = sem and grant_of(sem, token)
-- A grant made in line that is not remembered yet is given back by semaphores/remember.
if not grant then
  return {0, 0}
end
take_back(sem, grant)
local more = hand_over(sem, line, servers)
write_semaphore(sem)
return {1, more and 1 or 0}

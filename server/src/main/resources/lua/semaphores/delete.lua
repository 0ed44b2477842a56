-- Forgets a semaphore that is not in use.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
--
-- Returns {1 when there was one, else 0}.
--
-- @include lib/semaphore_state
local state, holders, grants, line = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
if (sem and sem.used > 0) or redis.call('EXISTS', line) == 1 then
  return redis.error_reply('SEMAPHORE_IN_USE somebody holds permits of the semaphore or waits')
end
return {redis.call('DEL', state)}

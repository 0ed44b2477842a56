-- Forgets a semaphore that is not in use.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
--
-- Returns {existed: flag}.
--
-- @include semaphores/_state
local keys = by_name(KEYS)

local sem = read(keys, microseconds())
if sem.used > 0 or redis.call('EXISTS', keys.line) == 1 then
  return redis.error_reply('SEMAPHORE_IN_USE somebody holds permits of the semaphore or waits')
end
return {redis.call('DEL', keys.state)}

-- Goes on handing over what one script did not.
--
-- Goes first.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
--
-- Returns {1 when there is still more, else 0}.
--
-- @include lib/semaphore_line
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
if not sem then
  return {0}
end
local more = hand_over(sem, line, servers)
write_semaphore(sem)
return {more and 1 or 0}

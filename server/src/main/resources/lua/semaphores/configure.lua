-- Sets limit and default lease, and hands over permits that a greater limit makes free.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- ARGV[1] limit
-- ARGV[2] default lease in milliseconds
--
-- Returns {permits in use, 1 when more is to be handed over than is done in one go, else 0}.
--
-- @include lib/semaphore_line
local state, holders, grants, line, servers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, lease = tonumber(ARGV[1]), tonumber(ARGV[2])

local sem = read_semaphore(state, holders, grants, microseconds(), limit)
sem.limit, sem.lease, sem.kind = limit, lease, 'c'
local more = hand_over(sem, line, servers)
write_semaphore(sem)
return {sem.used, more and 1 or 0}

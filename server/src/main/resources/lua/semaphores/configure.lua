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
-- Returns {permits in use: integer, more: flag}, when more is to be handed over than is done in one go.
--
-- @include semaphores/_resource
-- @include lib/hand_over
local keys, limit, lease = by_name(KEYS), tonumber(ARGV[1]), tonumber(ARGV[2])

local sem = read(keys, microseconds())
sem.limit, sem.default_lease, sem.kind, sem.missing = limit, lease, 'c', false
local more = hand_over(sem)
return {sem.used, more and 1 or 0}

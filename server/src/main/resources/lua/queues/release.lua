-- Takes back what was leased for the id of a request. A request that comes later leases nothing.
--
-- Goes first.
--
-- KEYS[1] meta
-- KEYS[2] tasks
-- KEYS[3] ready
-- KEYS[4] delayed
-- KEYS[5] leased
-- KEYS[6] parked
-- KEYS[7] dead
-- KEYS[8] done
-- KEYS[9] finished
-- KEYS[10] waiters
-- KEYS[11] request
--
-- Returns {taken back: integer}.
--
-- @include queues/_request
-- @include queues/_give_back
local q, request = open_queue(KEYS), KEYS[11]

local LATE_MS = 600000

local known = redis.call('GET', request)
local held = known and known ~= GIVEN_UP and leases_of(q, known) or {}
redis.call('SET', request, GIVEN_UP, 'PX', LATE_MS)
for _, task in ipairs(held) do
  give_back(q, task.id, task, false)
end
if #held > 0 then
  save_queue(q)
  wake(q, #held)
end
return {#held}

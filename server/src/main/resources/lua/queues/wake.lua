-- Passes a hint on, when the server it came to has no idle workers any more.
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
-- ARGV[1] server
--
-- Returns {passed on: flag}: whether there was something to pass on.
--
-- @include queues/_queue
local q = open_queue(KEYS)
local server = ARGV[1]

redis.call('ZREM', q.waiters, server)
local first = redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')[2]
if first then
  announce(q, tonumber(first))
end
if redis.call('EXISTS', q.ready) == 0 then
  return {0}
end
wake(q, 1)
return {1}

-- Tells how many tasks a queue has, and which have waited longest. Changes nothing, so that what is
-- due counts as delayed until somebody uses the queue.
--
-- Reads only.
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
--
-- Returns {now ms: integer, ready: integer, delayed: integer, leased: integer, dead: integer, (first:
-- text)…}: ready are also those held back by the limit of their fairness key, and those whose delay has
-- ended; the first ready task of each band follows, for bands that have one.
--
-- @include queues/_queue
local ready, delayed, leased, parked, dead = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]

local ms = math.floor(microseconds() / 1000)
local due = redis.call('ZCOUNT', delayed, '-inf', ms)
local answer = {
  ms, redis.call('ZCARD', ready) + redis.call('ZCARD', parked) + due,
  redis.call('ZCARD', delayed) - due, redis.call('ZCARD', leased), redis.call('ZCARD', dead),
}
local first = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
while first[1] do
  answer[#answer + 1] = first[1]
  local band = math.floor(tonumber(first[2]) / BAND)
  first = redis.call(
    'ZRANGE', ready, integer((band + 1) * BAND), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
end
return answer

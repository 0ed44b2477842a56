-- Tells how a queue is.
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
-- Returns {now ms: integer, ready: integer, held back: integer, delayed: integer, leased: integer, dead:
-- integer, finished: integer, paused: flag, max leases: integer, max leases per key: integer, max tasks:
-- integer, next start ms: integer, enqueued: integer, enqueued before: integer, done: integer, done
-- before: integer, failed: integer, failed before: integer, died: integer, died before: integer, (ready:
-- integer, first: text)…}: the next start is that of a delayed task, or 0; the rates are those of this
-- minute and of the one before; then each of the 10 priorities from 9 on, with the id of its first ready
-- task or ''.
--
-- @include queues/_now
local q = open_queue(KEYS)

bring_up_to_date(q)
local minute = math.floor(q.ms / 60000)
local answer = {
  q.ms, redis.call('ZCARD', q.ready), redis.call('ZCARD', q.parked), redis.call('ZCARD', q.delayed),
  redis.call('ZCARD', q.leased), redis.call('ZCARD', q.dead), redis.call('ZCARD', q.finished),
  q.paused and 1 or 0, q.leases, q.per_key, q.most,
  tonumber(redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')[2] or 0),
}
for _, what in ipairs(RATES) do
  for back = 0, 1 do
    local kept = minute - back <= q.minute and minute - back > q.minute - MINUTES
    local field = what .. (minute - back) % MINUTES
    answer[#answer + 1] = kept and tonumber(redis.call('HGET', q.meta, field) or 0) or 0
  end
end
for priority = 9, 0, -1 do
  local from = integer(band_of(priority, true) * BAND)
  local to = '(' .. integer((band_of(priority, false) + 1) * BAND)
  answer[#answer + 1] = redis.call('ZCOUNT', q.ready, from, to)
  answer[#answer + 1] = redis.call('ZRANGE', q.ready, from, to, 'BYSCORE', 'LIMIT', 0, 1)[1] or ''
end
return answer

-- Tells about a task.
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
-- ARGV[1] id
-- ARGV[2] ms for which changes of tasks are to be told from now, 0 not to be told
-- ARGV[3] 1 with the payload, 0 without
--
-- Returns {state: text, record: bytes, payload: bytes, history: text, errors: bytes, progress: text,
-- time ms: real}, see queues/_view. The state is R ready, Y delayed, L leased, X dead, D done, C
-- cancelled, or '' when there is no such task.
--
-- @include queues/_now
-- @include queues/_view
local q = open_queue(KEYS)
local id, follow, payload = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'

bring_up_to_date(q)
if follow > 0 then
  redis.call('HSET', q.meta, 'watched', integer(q.ms + follow))
  if q.size == 0 and not q.configured then
    redis.call('PEXPIRE', q.meta, IDLE_MS)
  end
end
return view(q, id, payload)

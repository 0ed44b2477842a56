-- Ends that a user blocks another one.
--
-- KEYS[1] blocks
-- KEYS[2] outbox
-- KEYS[3] worker
-- ARGV[1] other user
-- ARGV[2] entry for the outbox
-- ARGV[3] token of the caller
-- ARGV[4] lease in ms
-- ARGV[5] most entries of the outbox
--
-- Returns {unblocked: flag, works: flag}.
--
-- @include social/_outbox
local blocks, outbox, worker = KEYS[1], KEYS[2], KEYS[3]
local other, task, token, lease, most_waiting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

if not redis.call('ZSCORE', blocks, other) then
  return {0, 0}
end
if not has_room(outbox, most_waiting) then
  return outbox_full()
end
redis.call('ZREM', blocks, other)
return {1, push(outbox, worker, token, lease, task)}

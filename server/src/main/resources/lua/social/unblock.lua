-- Ends that a user blocks another one.
--
-- KEYS[1] blocks
-- KEYS[2] outbox
-- KEYS[3] worker
-- ARGV[1] other user
-- ARGV[2] entry for the outbox
-- ARGV[3] token of the caller
-- ARGV[4] lease in ms
--
-- Returns {unblocked: flag, works: flag}.
--
-- @include social/_outbox
local blocks, outbox, worker = KEYS[1], KEYS[2], KEYS[3]
local other, task, token, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('ZREM', blocks, other) == 0 then
  return {0, 0}
end
return {1, push(outbox, worker, token, lease, task)}

-- Adds an entry to an outbox, unless the last one is the same and nobody has begun with it.
--
-- KEYS[1] outbox
-- KEYS[2] worker
-- ARGV[1] token of the caller
-- ARGV[2] lease in ms
-- ARGV[3] entry
--
-- Returns {works: flag}: whether the caller is to work it off.
--
-- @include social/_outbox
local outbox, worker = KEYS[1], KEYS[2]
local token, lease, entry = ARGV[1], ARGV[2], ARGV[3]

if redis.call('LINDEX', outbox, -1) == entry and redis.call('LLEN', outbox) > 1 then
  return {redis.call('SET', worker, token, 'NX', 'PX', lease) and 1 or 0}
end
return {push(outbox, worker, token, lease, entry)}

-- Keeps a timeline that is read. One that was not kept is emptied, and rebuilt from now on.
--
-- KEYS[1] warm
-- KEYS[2] home
-- KEYS[3] outbox
-- KEYS[4] worker
-- ARGV[1] ms it is kept without being read
-- ARGV[2] token of the caller
-- ARGV[3] lease in ms
--
-- Returns {rebuilds: flag, works: flag}.
--
-- @include social/_outbox
local warm, home, outbox, worker = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local keep_ms, token, lease = ARGV[1], ARGV[2], ARGV[3]

redis.call('PEXPIRE', home, keep_ms)
if redis.call('PEXPIRE', warm, keep_ms) == 1 then
  return {0, 0}
end
redis.call('DEL', home)
redis.call('SET', warm, 'r', 'PX', keep_ms)
return {1, push(outbox, worker, token, lease, 'r')}

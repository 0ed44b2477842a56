-- Counts that the first entry of an outbox failed. Too often, it is set aside, so that the others go on.
--
-- KEYS[1] outbox
-- KEYS[2] failures
-- KEYS[3] set aside
-- KEYS[4] progress
-- ARGV[1] entry
-- ARGV[2] how often it may fail
-- ARGV[3] how many entries are kept that were set aside
--
-- Returns {failures: integer, set aside: flag}.
local outbox, failures, aside, progress = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local entry, most, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if redis.call('LINDEX', outbox, 0) ~= entry then
  return {0, 0}
end
local known = redis.call('HMGET', failures, 'entry', 'count')
local count = known[1] == entry and tonumber(known[2]) + 1 or 1
if count < most then
  redis.call('HSET', failures, 'entry', entry, 'count', count)
  redis.call('PEXPIRE', failures, 3600000)
  return {count, 0}
end
redis.call('DEL', failures, progress)
redis.call('LPUSH', aside, entry)
redis.call('LTRIM', aside, 0, kept - 1)
redis.call('PEXPIRE', aside, 2592000000)
redis.call('LTRIM', outbox, 1, -1)
return {count, 1}

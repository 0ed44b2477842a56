-- Closes a report; of too many closed ones the oldest is forgotten.
--
-- KEYS[1] reports
-- KEYS[2] open
-- KEYS[3] who
-- KEYS[4] closed
-- ARGV[1] id
-- ARGV[2] the closed report
-- ARGV[3] who reported what
-- ARGV[4] most closed ones
--
-- Returns {changed: flag}.
local reports, open, who, closed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, report, what, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call('ZREM', open, id) == 0 then
  return {0}
end
redis.call('HSET', reports, id, report)
redis.call('HDEL', who, what)
redis.call('ZADD', closed, 0, id)
if redis.call('ZCARD', closed) > most then
  redis.call('HDEL', reports, redis.call('ZPOPMIN', closed)[1])
end
return {1}

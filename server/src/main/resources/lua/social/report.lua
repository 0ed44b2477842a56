-- Keeps a report, unless the same user has reported the same thing.
--
-- KEYS[1] reports
-- KEYS[2] open
-- KEYS[3] who
-- ARGV[1] id
-- ARGV[2] report
-- ARGV[3] who reports what
-- ARGV[4] most that are open
--
-- Returns {created: flag, id: text}.
local reports, open, who = KEYS[1], KEYS[2], KEYS[3]
local id, report, what, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local known = redis.call('HGET', who, what)
if known then
  return {0, known}
end
if redis.call('ZCARD', open) >= most then
  return redis.error_reply('USER_LIST_FULL too many reports are open')
end
redis.call('HSET', reports, id, report)
redis.call('HSET', who, what, id)
redis.call('ZADD', open, 0, id)
return {1, id}

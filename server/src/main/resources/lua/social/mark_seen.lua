-- Notes up to which status a timeline was seen.
--
-- KEYS[1] user
-- KEYS[2] seen
-- ARGV[1] id of the status in 19 digits
--
-- Returns {seen: text}.
local user, seen = KEYS[1], KEYS[2]
local id = ARGV[1]

if redis.call('EXISTS', user) == 0 then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
local before = redis.call('GET', seen)
if before and before >= id then
  return {before}
end
redis.call('SET', seen, id)
return {id}

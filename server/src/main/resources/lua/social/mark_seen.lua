-- Notes up to which status a timeline was seen.
--
-- KEYS[1] user
-- KEYS[2] seen
-- ARGV[1] id of the status in 19 digits
--
-- Returns {seen: text}.
--
-- @include lib/time
-- @include social/_user
local user, seen = KEYS[1], KEYS[2]
local id = ARGV[1]

if not is_there(user) then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
-- Ids are times: one of tomorrow would count all as seen for good.
if tonumber(string.sub(id, 1, 13)) > microseconds() / 1000 + 86400000 then
  return redis.error_reply('STATUS_NOT_FOUND there is no such status yet')
end
local before = redis.call('GET', seen)
if before and before >= id then
  return {before}
end
redis.call('SET', seen, id)
return {id}

-- Gives a login out for good, or takes it back.
--
-- KEYS[1] login
-- ARGV[1] id of the user
-- ARGV[2] 1 to give it out, 0 to take it back
--
-- Returns {done: flag}: 0 when it is not reserved for the user.
local login = KEYS[1]
local user, give = ARGV[1], ARGV[2]

local owner = redis.call('GET', login)
if owner ~= user and owner ~= '?' .. user then
  return {0}
end
if give == '1' then
  redis.call('SET', login, user)
else
  redis.call('DEL', login)
end
return {1}

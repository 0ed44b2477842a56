-- Says which of some users follow a user.
--
-- Reads only.
--
-- KEYS[1] followers
-- ARGV[1..] users
--
-- Returns {(user: text)…}.
local followers = KEYS[1]
local users = ARGV

local found = {}
for i = 1, #users do
  if redis.call('ZSCORE', followers, users[i]) then
    found[#found + 1] = users[i]
  end
end
return found

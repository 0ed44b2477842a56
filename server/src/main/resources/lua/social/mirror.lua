-- Notes with a user who follows it, or who does no longer.
--
-- KEYS[1] followers
-- ARGV[1] 1 to note, 0 to forget
-- ARGV[2..] for each the ms since when, and who
--
-- Returns {followers: integer}.
local followers = KEYS[1]
local gives, edges = ARGV[1] == '1', ARGV

for i = 2, #edges, 2 do
  local at, who = edges[i], edges[i + 1]
  if gives then
    redis.call('ZADD', followers, 'GT', at, who)
  else
    local since = redis.call('ZSCORE', followers, who)
    if since and tonumber(since) <= tonumber(at) then
      redis.call('ZREM', followers, who)
    end
  end
end
return {redis.call('ZCARD', followers)}

-- Counts who mentions whom; of too many pairs the rarest are forgotten.
--
-- KEYS[1] hour
-- KEYS[2] day
-- ARGV[1] most pairs
-- ARGV[2..] pairs
--
-- Returns {pairs: integer}.
local windows, kept = {KEYS[1], KEYS[2]}, {7200000, 172800000}
local most, mentions = tonumber(ARGV[1]), ARGV

for w = 1, 2 do
  for i = 2, #mentions do
    redis.call('ZINCRBY', windows[w], 1, mentions[i])
  end
  local beyond = redis.call('ZCARD', windows[w]) - most
  if beyond > 0 then
    redis.call('ZREMRANGEBYRANK', windows[w], 0, beyond - 1)
  end
  redis.call('PEXPIRE', windows[w], kept[w])
end
return {redis.call('ZCARD', windows[1])}

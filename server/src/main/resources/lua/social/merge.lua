-- Adds older entries to a timeline, of authors that are still followed.
--
-- KEYS[1] following
-- KEYS[2] home
-- KEYS[3] warm
-- ARGV[1] the user itself, whose entries count as followed; '' for none
-- ARGV[2] most entries
-- ARGV[3] ms it is kept without being read
-- ARGV[4] 1 when the timeline is then complete
-- ARGV[5..] entries
--
-- Returns {added: integer}.
local following, home, warm = KEYS[1], KEYS[2], KEYS[3]
local own, most, keep_ms, is_last, entries = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV

local left = redis.call('PTTL', warm)
if left < 0 then
  return {0}
end
local follows, before, wanted = {[own] = true}, redis.call('ZCARD', home), {}
for i = 5, #entries do
  local author = string.sub(entries[i], 21)
  if follows[author] == nil then
    follows[author] = redis.call('ZSCORE', following, author) and true or false
  end
  if follows[author] then
    wanted[#wanted + 1] = 0
    wanted[#wanted + 1] = entries[i]
  end
end
if #wanted > 0 then
  redis.call('ZADD', home, unpack(wanted))
end
local beyond = redis.call('ZCARD', home) - most
if beyond > 0 then
  redis.call('ZREMRANGEBYRANK', home, 0, beyond - 1)
end
redis.call('PEXPIRE', home, keep_ms)
if is_last == '1' then
  redis.call('SET', warm, 'w', 'PX', left)
end
return {math.max(0, redis.call('ZCARD', home) - before)}

-- Makes a server the leader, or keeps it one.
--
-- Goes first.
--
-- KEYS[1] leader
-- ARGV[1] server
-- ARGV[2] ms for which it leads
--
-- Returns {leads: flag}.
local leader = KEYS[1]
local server, lease = ARGV[1], ARGV[2]

local now = redis.call('GET', leader)
if now and now ~= server then
  return {0}
end
redis.call('SET', leader, server, 'PX', lease)
return {1}

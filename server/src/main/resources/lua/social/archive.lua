-- Moves the oldest statuses of a profile to an archive.
--
-- KEYS[1] posts
-- KEYS[2] archive
-- KEYS[3] archives
-- KEYS[4] archived
-- ARGV[1] number of the archive
-- ARGV[2] how many to move
-- ARGV[3] most that the profile may have for any to be moved
--
-- Returns {moved: integer}.
local posts, archive, archives, archived = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local number, count, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if redis.call('ZCARD', posts) <= most or redis.call('EXISTS', archive) == 1 then
  return {0}
end
local oldest = redis.call('ZRANGE', posts, 0, count - 1)
for i = 1, #oldest do
  redis.call('ZADD', archive, 0, oldest[i])
end
redis.call('ZREMRANGEBYRANK', posts, 0, #oldest - 1)
redis.call('ZADD', archives, 0, string.sub(oldest[#oldest], 1, 19) .. ':' .. number)
redis.call('INCRBY', archived, #oldest)
return {#oldest}

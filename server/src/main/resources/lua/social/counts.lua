-- Reads a user with its counts.
--
-- Reads only.
--
-- KEYS[1] user
-- KEYS[2] followers
-- KEYS[3] following
-- KEYS[4] posts
-- KEYS[5] archived
--
-- Returns {value: bytes, followers: integer, following: integer, posts: integer}; the value is '' when
-- there is none.
local user, followers, following, posts, archived = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

return {
  redis.call('GET', user) or '', redis.call('ZCARD', followers), redis.call('ZCARD', following),
  redis.call('ZCARD', posts) + tonumber(redis.call('GET', archived) or 0),
}

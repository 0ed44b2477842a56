-- Posts a status whose body is written: puts it into the profile and the home timeline of its author
-- and has it delivered.
--
-- KEYS[1] user
-- KEYS[2] posts
-- KEYS[3] home
-- KEYS[4] warm
-- KEYS[5] outbox
-- KEYS[6] worker
-- KEYS[7] request
-- KEYS[8] quota
-- KEYS[9] watch of the home timeline
-- KEYS[10] events of the home timeline
-- KEYS[11] watch of the profile
-- KEYS[12] events of the profile
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] entry of timelines
-- ARGV[3] entry of the outbox
-- ARGV[4] token of the caller
-- ARGV[5] lease in ms
-- ARGV[6] most entries of the home timeline
-- ARGV[7] most entries of the outbox
-- ARGV[8] 1 when it is for a group, and not for the home timeline
--
-- Returns {entry: text, works: flag, posts: integer}: the entry of the first attempt, whether the caller
-- is to work the outbox off, and how many statuses the profile has.
--
-- @include lib/once
-- @include social/_user
-- @include social/_outbox
-- @include social/_timeline
local user_key, posts, home, warm, outbox, worker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local request, quota, watch, events, profile_watch = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local profile_events = KEYS[12]
local digest, entry, task, token, lease, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local most_waiting, is_for_group = ARGV[7], ARGV[8]

local before = replay(request, digest)
if before then
  return before
end
local user, refusal = load_user(user_key)
if not user then
  return refusal
end
-- The outbox was noted when the id was given out, for a minute.
if microseconds() / 1000 - tonumber(string.sub(entry, 1, 13)) > 45000 then
  return redis.error_reply('STORE_UNAVAILABLE posting took too long')
end
if not has_room(outbox, most_waiting) then
  return outbox_full()
end
refusal = count_quota(quota, user.posts, 'posts')
if refusal then
  return refusal
end
if is_for_group == '0' then
  add(posts, profile_watch, profile_events, entry, 1 / 0)
  if redis.call('EXISTS', warm) == 1 then
    add(home, watch, events, entry, most)
  end
else
  redis.call('ZADD', posts, 0, entry)
  redis.call('ZREMRANGEBYRANK', posts, 0, -20001)
end
local works = push(outbox, worker, token, lease, task)
keep(request, digest, {entry, 0, 0})
return {entry, works, redis.call('ZCARD', posts)}

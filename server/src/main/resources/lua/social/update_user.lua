-- Replaces parts of a user.
--
-- KEYS[1] user
-- KEYS[2] outbox
-- KEYS[3] worker
-- ARGV[1] the profile as it is known, '' when it does not matter
-- ARGV[2] the profile as it is to be, '' to leave it
-- ARGV[3] state, '' to leave it
-- ARGV[4] private, '' to leave it
-- ARGV[5] merged, '' to leave it
-- ARGV[6] buckets, '' to leave it
-- ARGV[7] posts within an hour, '' to leave it
-- ARGV[8] follows within an hour, '' to leave it
-- ARGV[9] entry for the outbox, '' for none
-- ARGV[10] token of the caller
-- ARGV[11] lease in ms
-- ARGV[12] most entries of the outbox
--
-- Returns {changed: flag, works: flag, value: bytes}: not changed when the profile is another one by now.
--
-- @include lib/integer
-- @include social/_user
-- @include social/_outbox
local key, outbox, worker = KEYS[1], KEYS[2], KEYS[3]
local known, profile, state, private, merged, buckets = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local posts, follows, entry, token, lease = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local most_waiting = ARGV[12]

local before = redis.call('GET', key)
local user = parse_user(before)
if not user or user.state == 'd' then
  return redis.error_reply('USER_NOT_FOUND there is no such user')
end
if known ~= '' and known ~= user.profile then
  return {0, 0, before}
end
if entry ~= '' and not has_room(outbox, most_waiting) then
  return outbox_full()
end
local function new(value, old)
  return value == '' and old or value
end
local value = table.concat({
  new(state, user.state), new(private, user.private), new(merged, user.merged), new(buckets, user.buckets),
  new(posts, integer(user.posts)), new(follows, integer(user.follows)),
}, ' ') .. '\n' .. new(profile, user.profile)
redis.call('SET', key, value, 'KEEPTTL')
local works = 0
if entry ~= '' then
  works = push(outbox, worker, token, lease, entry)
end
return {1, works, value}

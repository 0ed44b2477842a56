-- Takes a status out of the profile and the home timeline of its author, and has it taken out of all
-- others. Doing it again does no harm.
--
-- KEYS[1] posts
-- KEYS[2] home
-- KEYS[3] outbox
-- KEYS[4] worker
-- KEYS[5] watch of the home timeline
-- KEYS[6] events of the home timeline
-- KEYS[7] watch of the profile
-- KEYS[8] events of the profile
-- ARGV[1] entry of timelines
-- ARGV[2] entry of the outbox
-- ARGV[3] token of the caller
-- ARGV[4] lease in ms
-- ARGV[5] most entries of the outbox
-- ARGV[6] 1 to leave it to the author
--
-- Returns {works: flag}.
--
-- @include social/_outbox
-- @include social/_timeline
local posts, home, outbox, worker, watch, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local profile_watch, profile_events = KEYS[7], KEYS[8]
local entry, task, token, lease, most, stays = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

if not has_room(outbox, most) then
  return outbox_full()
end
if stays == '0' then
  remove(posts, profile_watch, profile_events, entry)
  remove(home, watch, events, entry)
else
  tell(profile_watch, profile_events, '-', entry)
end
return {push(outbox, worker, token, lease, task)}

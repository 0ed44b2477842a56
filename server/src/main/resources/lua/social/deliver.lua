-- Brings an entry to a timeline or takes it out, if that is still wanted.
--
-- KEYS[1] edges
-- KEYS[2] timeline
-- KEYS[3] warm
-- KEYS[4] watch
-- KEYS[5] events
-- KEYS[6] merged
-- ARGV[1] + to bring it, - to take it out, m to have the author merged in
-- ARGV[2] author
-- ARGV[3] entry
-- ARGV[4] if the author has to be among the edges, unless it must not be, any when that does not matter
-- ARGV[5] 1 when only timelines that are read are written
-- ARGV[6] most entries
-- ARGV[7] ms it is kept after the last entry, 0 for good
--
-- Returns {outcome: integer}: 1 done, 0 not wanted, 2 nobody reads the timeline.
--
-- @include social/_timeline
local edges, timeline, warm, watch, events, merged = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local op, author, entry, condition, needs_warm = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local most, keep_ms = tonumber(ARGV[6]), tonumber(ARGV[7])

if op == '-' then
  remove(timeline, watch, events, entry)
  return {1}
end
if condition ~= 'any' then
  local is_there = redis.call('ZSCORE', edges, author) and true or false
  if is_there ~= (condition == 'if') then
    return {0}
  end
end
if op == 'm' then
  redis.call('ZADD', merged, 0, author)
  tell(watch, events, 'm', author)
  return {1}
end
if needs_warm == '1' and redis.call('EXISTS', warm) == 0 then
  return {2}
end
add(timeline, watch, events, entry, most)
if keep_ms > 0 then
  redis.call('PEXPIRE', timeline, keep_ms)
end
return {1}

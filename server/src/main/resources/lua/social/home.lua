-- Reads entries of a timeline, the newest first, without those of muted authors.
--
-- Reads only.
--
-- KEYS[1] user
-- KEYS[2] home
-- KEYS[3] warm
-- KEYS[4] merged
-- KEYS[5] mutes
-- ARGV[1] entry or id before which to begin, '' for the newest
-- ARGV[2] how many
-- ARGV[3] most entries
--
-- Returns {exists: flag, warm: text, ms left: integer, oldest: text, last: text, merged: integer,
-- (text: text)…}: the state of the timeline and for how long it is kept, its oldest entry, '' unless it
-- has as many as it may have, where the next read begins, '' when there is no more; then that many merged
-- authors, and the entries.
local user, home, warm, merged, mutes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local before, count, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local value = redis.call('GET', user)
local is_there = value and string.sub(value, 1, 1) ~= 'd'
local has_mutes = redis.call('EXISTS', mutes) == 1
local authors = redis.call('ZRANGE', merged, '-', '+', 'BYLEX', 'LIMIT', 0, 1000)
local found = redis.call(
  'ZRANGE', home, before == '' and '+' or '(' .. before, '-', 'BYLEX', 'REV', 'LIMIT', 0, count)
local answer = {
  is_there and 1 or 0, redis.call('GET', warm) or '', redis.call('PTTL', warm),
  redis.call('ZCARD', home) >= most and redis.call('ZRANGE', home, 0, 0)[1] or '',
  #found == count and found[count] or '', 0,
}
for i = 1, #authors do
  if not (has_mutes and redis.call('ZSCORE', mutes, authors[i])) then
    answer[6] = answer[6] + 1
    answer[#answer + 1] = authors[i]
  end
end
for i = 1, #found do
  if not (has_mutes and redis.call('ZSCORE', mutes, string.sub(found[i], 21))) then
    answer[#answer + 1] = found[i]
  end
end
return answer

-- Reads entries of a timeline.
--
-- Reads only.
--
-- KEYS[1] timeline
-- ARGV[1] entry or id before which, or after which, to begin; '' for the first
-- ARGV[2] how many
-- ARGV[3] 1 for the newest first
--
-- Returns {(entry: text)…}.
local timeline = KEYS[1]
local from, count, newest = ARGV[1], ARGV[2], ARGV[3] == '1'

if newest then
  return redis.call(
    'ZRANGE', timeline, from == '' and '+' or '(' .. from, '-', 'BYLEX', 'REV', 'LIMIT', 0, count)
end
return redis.call(
  'ZRANGE', timeline, from == '' and '-' or '(' .. from, '+', 'BYLEX', 'LIMIT', 0, count)

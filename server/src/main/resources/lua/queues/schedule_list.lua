-- Lists schedules of a namespace in byte order.
--
-- Reads only.
--
-- KEYS[1] names
-- ARGV[1] what they begin with, see schedule_note
-- ARGV[2] the one after which to begin, '' for the first
-- ARGV[3] how many at most
--
-- Returns {(schedule: text)…}: queue, line feed and name of each.
local names = KEYS[1]
local prefix, after, most = ARGV[1], ARGV[2], ARGV[3]

local from = after == '' and '[' .. prefix or '(' .. after
-- No name in UTF-8 has a byte 255.
return redis.call('ZRANGE', names, from, '[' .. prefix .. '\255', 'BYLEX', 'LIMIT', 0, most)

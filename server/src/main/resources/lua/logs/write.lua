-- Adds an entry to a log.
--
-- KEYS[1] head
-- KEYS[2] entries
-- KEYS[3] recent of the severity
-- KEYS[4] common of the severity
-- ARGV[1] severity
-- ARGV[2] entry
-- ARGV[3] what it is counted as
--
-- Returns {time us: integer, number: integer}.
--
-- @include logs/_append
local head, entries, recent, common = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local severity, entry, text = ARGV[1], ARGV[2], ARGV[3]

local now = microseconds()
local known = redis.call('HMGET', head, severity, 'until')
local number = append(head, entries, recent, common, now, severity, known[1], entry, text)
tell(head, now, number, known[2])
return {now, tonumber(number)}

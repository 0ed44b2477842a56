-- Says how far an entry of an outbox is.
--
-- Reads only.
--
-- KEYS[1] outbox
-- KEYS[2] progress
-- ARGV[1] entry
--
-- Returns {waits: flag, progress: text}.
local outbox, progress = KEYS[1], KEYS[2]
local entry = ARGV[1]

local place = redis.call('LPOS', outbox, entry)
return {place and 1 or 0, place == 0 and redis.call('GET', progress) or ''}

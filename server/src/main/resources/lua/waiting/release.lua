-- Ends the grant of a token and hands what it held to the first in the queue.
--
-- Goes first.
--
-- KEYS[1..] those of the resource
-- ARGV[1] token
--
-- Returns {more: flag}, when more is to be handed over than is done in one go.
--
-- @include resource/_resource
-- @include lib/release
local keys, token = by_name(KEYS), ARGV[1]

return release(read(keys, microseconds(), ''), token)

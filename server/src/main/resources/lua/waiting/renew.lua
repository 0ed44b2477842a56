-- Sets the time the lease of a grant still runs, and may make another call its only keeper.
--
-- Goes first.
--
-- KEYS[1..] those of the resource
-- ARGV[1] token
-- ARGV[2] lease in milliseconds, 0 for the resource's own
-- ARGV[3] call that must be a keeper, '' for any
-- ARGV[4] call that becomes the only keeper, '' for none
--
-- Returns {fence: integer, lease end ms: integer}.
--
-- @include resource/_resource
-- @include lib/renew
local keys, token, lease, keeper, owner = by_name(KEYS), ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

return renew(read(keys, microseconds(), ''), token, lease, keeper, owner)

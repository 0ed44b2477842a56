-- Goes on handing over what one script did not.
--
-- Goes first.
--
-- KEYS[1..] those of the resource
--
-- Returns {more: flag}.
--
-- @include resource/_resource
-- @include lib/hand_over
local keys = by_name(KEYS)

return {hand_over(read(keys, microseconds(), '')) and 1 or 0}

-- Ends decisions whose time is over, and gives back what was reserved for events that did not come.
--
-- Goes first.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] money
-- KEYS[4] open
-- KEYS[5] deadlines
-- ARGV[1] how many at most
--
-- Returns {ended: integer}.
--
-- @include ads/_sweep
-- @include lib/time
local head, changes, money, open, deadlines = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local most = ARGV[1]

return {sweep(head, changes, money, open, deadlines, math.floor(microseconds() / 1000), most)}

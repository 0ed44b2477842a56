-- Adds to a counter, several times.
--
-- KEYS[1] series
-- ARGV[1] shape: number of samples, then seconds of each precision
-- ARGV[2..] how much to add and at which second, '' for now; again and again
--
-- Returns {present second, then for each '+' when the counter is new, '-' when it is not, or the reason
-- why it is not counted}.
--
-- @include lib/counter_add
local series = KEYS[1]
local shape = read_shape(ARGV[1])
local increments = {unpack(ARGV, 2)}

return add_all(series, shape, increments)

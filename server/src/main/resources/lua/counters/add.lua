-- Adds to a counter, several times.
--
-- KEYS[1] series
-- KEYS[2] request
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] shape: number of samples, then seconds of each precision
-- ARGV[3..] how much to add and at which second, '' for now; again and again
--
-- Returns {second: integer, (outcome: text)…}: in which second it was counted and, for each, '+' when
-- the counter was new, '-' when it was not, or the reason why it was not counted.
--
-- @include counters/_add
-- @include lib/once
local series, request = KEYS[1], KEYS[2]
local digest, shape = ARGV[1], read_shape(ARGV[2])
local increments = {unpack(ARGV, 3)}

return replay(request, digest) or keep(request, digest, add_all(series, shape, increments))

-- A script for tests.
--
-- KEYS[1] one
--
-- Returns {one: integer}.
--
-- @include lib/missing
return {1}

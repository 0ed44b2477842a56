-- A script for tests.
--
-- KEYS[1] one
--
-- Returns {1}.
--
-- @include lib/missing
return {1}

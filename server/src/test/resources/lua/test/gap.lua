-- A script for tests.
--
-- KEYS[1] one
-- KEYS[3] three
--
-- Returns {1}.
return {1}

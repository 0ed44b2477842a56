-- A script for tests.
--
-- KEYS[1] one
-- KEYS[3] three
--
-- Returns {one: integer}.
return {1}

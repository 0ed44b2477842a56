-- A script for tests.
--
-- KEYS[1] one
return {1}

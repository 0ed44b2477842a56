-- Tells a type, or what changed in it since a revision.
--
-- Reads only.
--
-- KEYS[1] values
-- KEYS[2] names
-- KEYS[3] log
-- ARGV[1] revision, '' for all
--
-- Returns {now ms: integer, revision: integer, whole: flag, ends in ms: integer, changes: integer,
-- (revision: integer, name: text, deletion: text)…, (name: text, value: bytes)…} as config/_read
-- does.
--
-- @include config/_read
local values, names, log = KEYS[1], KEYS[2], KEYS[3]
local since = ARGV[1]

return read(values, names, log, since, microseconds(), -1)

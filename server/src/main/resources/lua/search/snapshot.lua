-- Reads the heads of terms: all that a query needs whose blocks are known already.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] terms
-- KEYS[3] columns
-- KEYS[4] changes
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] stamp of what is known, '' for nothing
-- ARGV[4] bytes to read
-- ARGV[5] how many sums
-- ARGV[6] how many heads
-- ARGV[7] how many blocks
-- ARGV[8] how many columns
-- ARGV[9..] their names
--
-- Returns {outcome: integer, stamp: bytes, reached: flag, heads: integer, blocks: integer, columns:
-- integer, (value: bytes)…}: outcome 2 when the index is another; whether the changes since then are all
-- there; how much was read of each; then the ordinals that changed and those that are hidden, sums, heads
-- ('=' for one that is known), blocks and columns.
--
-- @include search/_snapshot
local meta, terms, columns, changes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, revision, asked = ARGV[1], ARGV[2], ARGV

return snapshot(meta, terms, columns, changes, id, revision, asked)

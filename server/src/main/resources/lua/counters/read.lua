-- Reads the head, the journal and a part of the rings.
--
-- Reads only.
--
-- KEYS[1] series
-- ARGV[1] bytes of head and journal
-- ARGV[2] first byte of the part
-- ARGV[3] last byte of the part
--
-- Returns {now second: integer, head and journal: bytes, part: bytes}.
local series = KEYS[1]
local head, first, last = ARGV[1], ARGV[2], ARGV[3]

return {
  tonumber(redis.call('TIME')[1]),
  redis.call('GETRANGE', series, 0, head - 1),
  redis.call('GETRANGE', series, first, last),
}

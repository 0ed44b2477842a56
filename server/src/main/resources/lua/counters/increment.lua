-- Adds to a counter in the present second.
--
-- KEYS[1] series
-- ARGV[1] how much to add
-- ARGV[2] shape: number of samples, then seconds of each precision
--
-- Returns {second: integer, outcome: text} as counters/add does.
local series = KEYS[1]
local delta, shape = ARGV[1], ARGV[2]

-- The usual case is a counter whose newest entry is that of the present second. It is written out
-- here, without the functions below, whose making alone would cost more than all of it.
local now = tonumber(redis.call('TIME')[1])
local newest, entries, armed = struct.unpack(
  '>I4I2I1', redis.call('GETRANGE', series, 0, 6) .. '\0\0\0\0\0\0\0')
if newest == now and entries > 0 and redis.call(
    'BITFIELD', series, 'OVERFLOW', 'FAIL', 'INCRBY', 'i48', 80 + 80 * entries, delta)[1] then
  if armed == 1 then
    redis.call('SETRANGE', series, 6, '\0')
    redis.call('SPUBLISH', series, '')
  end
  return {now, '-'}
end

-- @include counters/_add
local counter = read_head(series)
local outcome = add(series, counter, read_shape(shape), now, '', delta)
write_head(series, counter)
return {now, outcome}

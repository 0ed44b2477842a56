-- Sets how a network decides.
--
-- KEYS[1] head
-- KEYS[2] changes
-- ARGV[1] epoch, if the network begins now
-- ARGV[2] settings
-- ARGV[3] ms after which half the weight of counts is left, 0 for never
-- ARGV[4] views after which what was learned is taken over
-- ARGV[5] ms within which events have to come
-- ARGV[6] ms for which money is reserved
-- ARGV[7] how many ads there may be
-- ARGV[8] analyzer
--
-- Returns {done: flag}.
--
-- @include ads/_log
local head, changes = KEYS[1], KEYS[2]
local epoch, settings, half_life, interval = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local window, hold, most, analyzer = ARGV[5], ARGV[6], ARGV[7], ARGV[8]

begin(head, epoch)
redis.call('HSET', head, 'settings', settings, 'half_life', half_life, 'interval', interval, 'window', window,
  'hold', hold, 'most', most, 'analyzer', analyzer)
log_change(head, changes, 'n', true)
return {1}

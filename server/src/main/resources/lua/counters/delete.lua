-- Forgets a counter and tells those who watch it.
--
-- KEYS[1] series
--
-- Returns {deleted: flag}.
--
-- @include counters/_series
local series = KEYS[1]

local counter = read_head(series)
redis.call('UNLINK', series)
if counter.armed == 1 then
  redis.call('SPUBLISH', series, '')
end
return {(counter.entries > 0 or counter.rings > 0) and 1 or 0}

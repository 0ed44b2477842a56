-- Keeps a status for good and returns it, or leaves a tombstone of it for a week. What is deleted stays
-- deleted.
--
-- KEYS[1] status
-- ARGV[1] state: l, h or d; '' to leave it
-- ARGV[2] what is left of a deleted one
--
-- Returns {changed: flag, value: bytes}: the value before, '' when there is none.
--
-- @include social/_status
local key = KEYS[1]
local state, rest = ARGV[1], ARGV[2]

local value = redis.call('GET', key)
local status = parse_status(value)
if not status or status.state == 'd' then
  return {0, value or ''}
end
local changed = state ~= '' and status.state ~= state
status.state = changed and state or status.state
if state == 'd' then
  status.rest = rest
  redis.call('SET', key, status_value(status), 'PX', 604800000)
elseif changed then
  redis.call('SET', key, status_value(status))
else
  redis.call('PERSIST', key)
end
return {changed and 1 or 0, value}

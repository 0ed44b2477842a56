-- Writes a status. Until it is delivered it is kept for a week. Writing the same again does no harm.
--
-- KEYS[1] status
-- ARGV[1] value
--
-- Returns {written: flag}: 0 when another status has the id.
local key = KEYS[1]
local value = ARGV[1]

if redis.call('SET', key, value, 'NX', 'PX', 604800000) then
  return {1}
end
return {redis.call('GET', key) == value and 1 or 0}

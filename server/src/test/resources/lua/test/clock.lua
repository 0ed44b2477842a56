-- What scripts answer that are sent with the keys of an hour.
--
-- KEYS[1] any
-- ARGV[1] current hour
-- ARGV[2] how many hours before the current one the hour is meant to be, '' for none
-- ARGV[3] hour
--
-- Returns {current hour: integer} when the hour is not the one that is meant, else {current hour: integer,
-- hour: integer}.
local current, ago, hour = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])

if ago ~= '' and current - ago ~= hour then
  return {current}
end
return {current, hour}

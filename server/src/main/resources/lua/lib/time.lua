-- Redis time in whole microseconds, exact in a double until the year 2255.
local function microseconds()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

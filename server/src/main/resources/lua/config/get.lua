-- Tells a component.
--
-- Reads only.
--
-- KEYS[1] values
-- ARGV[1] component
--
-- Returns {now ms: integer, component: bytes}; the component is as it is written, or ''.
local values = KEYS[1]
local component = ARGV[1]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {now, redis.call('HGET', values, component) or ''}

-- Lets a budget see moments of a clock, and reserves at each.
--
-- KEYS[1] none
-- ARGV[1] micros of the day
-- ARGV[2] micros of one event
-- ARGV[3..] ms at which it is used
--
-- Returns {(used today: integer)…}, after each moment.
--
-- @include ads/_money
local none = KEYS[1]
local daily, price, moments = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV

local m = money_of(nil)
m.daily = daily
local answer = {}
for i = 3, #moments do
  turn(m, tonumber(moments[i]))
  if refusal(m, price) == 0 then
    reserve(m, price)
  end
  answer[i - 2] = m.day_used
end
return answer

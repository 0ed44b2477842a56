-- Lets an evenly paced budget go through a day, by the clock of the caller.
--
-- KEYS[1] none
-- ARGV[1] micros of the day
-- ARGV[2] micros in all, -1 for no limit
-- ARGV[3] its minute of the hour
-- ARGV[4] micros of one event
-- ARGV[5] ms at which it begins
-- ARGV[6..] for each minute how many events there could be
--
-- Returns {(spent: integer)…}, for each minute.
--
-- @include ads/_money
local none = KEYS[1]
local daily, total, minute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local price, begin, chances = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV

local m = money_of(nil)
m.daily, m.total, m.even, m.minute = daily, total, 1, minute
local answer = {}
for i = 6, #chances do
  local spent = 0
  for n = 1, chances[i] do
    turn(m, begin + (i - 6) * 60000)
    if refusal(m, price) > 0 then
      break
    end
    reserve(m, price)
    spent = spent + price
  end
  answer[i - 5] = spent
end
return answer

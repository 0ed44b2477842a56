-- Says what is between a user and others.
--
-- Reads only.
--
-- KEYS[1] following
-- KEYS[2] blocks
-- KEYS[3] blockers
-- KEYS[4] mutes
-- KEYS[5] requested
-- ARGV[1..] others
--
-- Returns {(relation: integer)…}: 1 when it follows the other, 2 when it blocks it, 4 when the other blocks
-- it, 8 when it mutes it, 16 when it has asked to follow, added up.
local keys = {KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]}
local others = ARGV

local answer = {}
for i = 1, #others do
  local sum, bit = 0, 1
  for k = 1, #keys do
    if redis.call('ZSCORE', keys[k], others[i]) then
      sum = sum + bit
    end
    bit = bit * 2
  end
  answer[i] = sum
end
return answer

-- Reads edges in the order of time, after one of them that may have gone meanwhile. Those of the same
-- time follow each other by the bytes of their ids.
--
-- Reads only.
--
-- KEYS[1] edges
-- ARGV[1] time of the one before, '' to begin
-- ARGV[2] its id
-- ARGV[3] how many
-- ARGV[4] 1 for the newest first
--
-- Returns {(id: text, time ms: integer)…}.
--
-- @include lib/integer
local edges = KEYS[1]
local time, id, count, newest = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'

-- How many edges are not after the one before, counted from the oldest; without itself.
local function rank()
  local at = redis.call('ZSCORE', edges, id)
  if at and tonumber(at) == tonumber(time) then
    return redis.call('ZRANK', edges, id), 1
  end
  local low = redis.call('ZCOUNT', edges, '-inf', '(' .. time)
  local high = redis.call('ZCOUNT', edges, '-inf', time)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', edges, middle, middle)[1] < id then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, 0
end

local first, last = 0, count - 1
if time ~= '' then
  local before, itself = rank()
  if newest then
    local after = redis.call('ZCARD', edges) - before
    first = after
  else
    first = before + itself
  end
  last = first + count - 1
end
local found = newest and redis.call('ZRANGE', edges, first, last, 'REV', 'WITHSCORES')
  or redis.call('ZRANGE', edges, first, last, 'WITHSCORES')
local answer = {}
for i = 1, #found, 2 do
  answer[#answer + 1] = found[i]
  answer[#answer + 1] = tonumber(found[i + 1])
end
return answer

-- Adds to a counter, several times, for a request that may have been sent before.
--
-- KEYS[1] series
-- KEYS[2] request
-- ARGV[1] shape: number of samples, then seconds of each precision
-- ARGV[2..] how much to add and at which second, '' for now; again and again
--
-- Returns {second in which it was counted the first time, then for each '+' when the counter was new,
-- '-' when it was not, or the reason why it was not counted}.
--
-- @include lib/counter_add
local series, request = KEYS[1], KEYS[2]
local shape = read_shape(ARGV[1])
local increments = {unpack(ARGV, 2)}

local digest = redis.sha1hex(table.concat(increments, ' '))
local known, reply = string.match(redis.call('GET', request) or '', '^(%S+) (.*)$')
if known then
  if known ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used with other increments')
  end
  local answer = {}
  for word in string.gmatch(reply, '%S+') do
    answer[#answer + 1] = tonumber(word) or word
  end
  return answer
end
local answer = add_all(series, shape, increments)
redis.call('SET', request, digest .. ' ' .. table.concat(answer, ' '), 'PX', 600000)
return answer

-- Lists ads in byte order of their ids.
--
-- Reads only.
--
-- KEYS[1] ids
-- KEYS[2] ads
-- KEYS[3] creatives
-- ARGV[1] id after which to begin, '' for the first
-- ARGV[2] how many at most
-- ARGV[3] bytes after which to stop, but not before the first
--
-- Returns {more: flag, (record: bytes, creative: bytes)…}.
local ids, ads, creatives = KEYS[1], KEYS[2], KEYS[3]
local after, most, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local found = redis.call('ZRANGE', ids, after == '' and '-' or '(' .. after, '+', 'BYLEX', 'LIMIT', 0, most + 1)
local answer, size = {#found > most and 1 or 0}, 0
for i = 1, math.min(most, #found) do
  if size > bytes then
    answer[1] = 1
    break
  end
  local record, creative = redis.call('HGET', ads, found[i]), redis.call('HGET', creatives, found[i]) or ''
  answer[#answer + 1], answer[#answer + 2] = record, creative
  size = size + #record + #creative
end
return answer

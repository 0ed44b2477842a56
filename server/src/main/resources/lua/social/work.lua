-- Keeps the right to work an outbox off, notes what is done, and reads what is next. The right ends with
-- the last entry.
--
-- Goes first.
--
-- KEYS[1] worker
-- KEYS[2] outbox
-- KEYS[3] progress
-- ARGV[1] token of the worker
-- ARGV[2] lease in ms
-- ARGV[3] 1 to begin when nobody else works
-- ARGV[4] the entry it has in hand, '' for none
-- ARGV[5] 1 when that is done
-- ARGV[6] otherwise how far it is, '' when that has not changed
-- ARGV[7] how many entries to read
--
-- Returns {works: flag, progress: text, (entry: text)…}.
local worker, outbox, progress = KEYS[1], KEYS[2], KEYS[3]
local token, lease, begins, held = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local is_done, far, count = ARGV[5], ARGV[6], tonumber(ARGV[7])

local owner = redis.call('GET', worker)
local is_first = held ~= '' and redis.call('LINDEX', outbox, 0) == held
-- Whose right has expired has it again, unless somebody else has gone on meanwhile.
if owner ~= token and (owner or begins == '0' and not is_first) then
  return {0, ''}
end
-- An answer may have been lost: what is done is taken out once.
if is_done == '1' and is_first then
  redis.call('LTRIM', outbox, 1, -1)
  redis.call('DEL', progress)
elseif far ~= '' and is_first then
  redis.call('SET', progress, far)
end
local answer = {1, redis.call('GET', progress) or ''}
local entries = redis.call('LRANGE', outbox, 0, count - 1)
if #entries == 0 then
  redis.call('DEL', worker)
  return answer
end
redis.call('SET', worker, token, 'PX', lease)
for i = 1, #entries do
  answer[#answer + 1] = entries[i]
end
return answer

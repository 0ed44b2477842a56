-- Reads what has changed in a network since a revision, oldest first: ads, and budgets of campaigns. What was
-- removed has no record.
--
-- Reads only.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] ads
-- KEYS[4] words
-- KEYS[5] learned
-- KEYS[6] budgets
-- KEYS[7] money
-- ARGV[1] revision after which to begin
-- ARGV[2] how many at most
-- ARGV[3] bytes of records after which to stop
--
-- Returns {now ms: integer, epoch: text, revision: integer, forgotten: integer, settings: bytes, averages:
-- bytes, more: flag, (changed: text, revision: integer, record: bytes, words: text, learned: bytes, budget:
-- bytes, closed until: integer, closed from: integer, paced: flag)…}.
--
-- @include ads/_money
-- @include lib/time
local head, changes, ads, words = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local learned, budgets, money = KEYS[5], KEYS[6], KEYS[7]
local after, most, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local is = redis.call('HMGET', head, 'epoch', 'revision', 'forgotten', 'settings')
local found = redis.call('ZRANGE', changes, '(' .. after, '+inf', 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
local answer = {math.floor(microseconds() / 1000), is[1] or '', tonumber(is[2] or 0), tonumber(is[3] or 0),
  is[4] or '', redis.call('HGET', learned, 't') or '', #found == 2 * most and 1 or 0}
local size = 0
for i = 1, #found, 2 do
  if size > bytes then
    answer[7] = 1
    break
  end
  local member = found[i]
  local id = string.sub(member, 2)
  local is_ad = string.sub(member, 1, 1) == 'a'
  local record = is_ad and redis.call('HGET', ads, id) or ''
  local text = is_ad and redis.call('HGET', words, id) or ''
  local m = money_of(redis.call('HGET', money, member))
  -- Closed for the hour and not for the day.
  local paced = m.even == 1 and m.closed > 0 and m.closed < NEVER and m.day_used + m.closed_from <= m.daily
  local parts = {member, tonumber(found[i + 1]), record, text, redis.call('HGET', learned, member) or '',
    redis.call('HGET', budgets, member) or '', m.closed, m.closed_from, paced and 1 or 0}
  for n = 1, 9 do
    answer[#answer + 1] = parts[n]
  end
  size = size + #record + #text
end
return answer

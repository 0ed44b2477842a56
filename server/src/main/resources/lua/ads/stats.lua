-- Reads the figures of an ad ('a'), a campaign ('c') or the network ('n').
--
-- Reads only.
--
-- KEYS[1] counts
-- KEYS[2] totals
-- KEYS[3] budgets
-- KEYS[4] money
-- KEYS[5] words
-- KEYS[6] learned
-- ARGV[1] of what
-- ARGV[2] its id, '' for the network
--
-- Returns {known: flag, views: integer, clicks: integer, actions: integer, spend: text, served: text, unpaid:
-- text, late: text, budget: bytes, money: bytes, words: text, learned: bytes}.
--
-- @include ads/_counts
-- @include ads/_money
local counts, totals, budgets, money, words, learned = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local kind, id = ARGV[1], ARGV[2]

local field = kind .. id
local packed = redis.call('HGET', counts, field)
local views, clicks, actions = 0, 0, 0
if packed then
  views, clicks, actions = struct.unpack(COUNT, packed)
end
local sums = redis.call('HMGET', totals, 's' .. field, 'd' .. field, 'u' .. field, 'late')
local budget = redis.call('HGET', budgets, field) or ''
local m = money_of(redis.call('HGET', money, field))
turn(m, math.floor(microseconds() / 1000))
local text = kind == 'a' and redis.call('HGET', words, id)
return {(kind ~= 'a' or text) and 1 or 0, views, clicks, actions, sums[1] or '0', sums[2] or '0', sums[3] or '0',
  sums[4] or '0', budget, pack_money(m), text or '', redis.call('HGET', learned, field) or ''}

-- Reads an ad.
--
-- Reads only.
--
-- KEYS[1] ads
-- KEYS[2] creatives
-- KEYS[3] words
-- KEYS[4] budgets
-- ARGV[1] ad
--
-- Returns {record: bytes, creative: bytes, words: text, budget: bytes}.
local ads, creatives, words, budgets = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ad = ARGV[1]

local record = redis.call('HGET', ads, ad)
if not record then
  return redis.error_reply('AD_NOT_FOUND the network has no such ad')
end
return {record, redis.call('HGET', creatives, ad) or '', redis.call('HGET', words, ad) or '',
  redis.call('HGET', budgets, 'a' .. ad) or ''}

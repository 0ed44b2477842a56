-- Removes an ad with all that is kept for it alone.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] removed
-- KEYS[4] ids
-- KEYS[5] ads
-- KEYS[6] words
-- KEYS[7] counts
-- KEYS[8] learned
-- KEYS[9] creatives
-- KEYS[10] budgets
-- KEYS[11] money
-- KEYS[12] totals
-- KEYS[13] stats: channel, to which the ad is appended
-- ARGV[1] ad
--
-- Returns {removed: flag}.
--
-- @include ads/_index
local head, changes, removed, ids, ads, words = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local counts, learned, creatives, budgets, money, totals = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local stats, ad = KEYS[13], ARGV[1]

if redis.call('HDEL', ads, ad) == 0 then
  return {0}
end
local field = 'a' .. ad
index_words(counts, words, ad, '')
redis.call('HDEL', counts, field, word_field(ad, ''))
redis.call('HDEL', words, ad)
redis.call('HDEL', learned, field)
redis.call('HDEL', creatives, ad)
redis.call('HDEL', budgets, field)
redis.call('HDEL', money, field)
redis.call('HDEL', totals, 's' .. field, 'd' .. field, 'u' .. field)
redis.call('ZREM', ids, ad)
log_removal(head, changes, removed, field)
redis.call('SPUBLISH', stats .. field, '')
return {1}

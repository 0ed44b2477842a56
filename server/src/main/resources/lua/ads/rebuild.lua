-- Gives an ad its words anew, and takes over what was counted for it, unless it was replaced meanwhile.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] ads
-- KEYS[4] words
-- KEYS[5] counts
-- KEYS[6] learned
-- ARGV[1] ad
-- ARGV[2] version for which the words are
-- ARGV[3] words, separated by spaces
--
-- Returns {done: flag}.
--
-- @include ads/_index
-- @include lib/time
local head, changes, ads, words, counts, learned = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ad, version, text = ARGV[1], ARGV[2], ARGV[3]

if string.match(redis.call('HGET', ads, ad) or '', '^%d+') ~= version then
  return {0}
end
index_words(counts, words, ad, text)
learn(head, counts, learned, words, ad, math.floor(microseconds() / 1000))
log_change(head, changes, 'a' .. ad)
return {1}

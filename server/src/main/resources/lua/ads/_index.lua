-- @include ads/_counts
-- @include ads/_log

-- Gives an ad the words by which it is compared with pages, and forgets what was counted for those it had.
local function index_words(counts, words, ad, text)
  local has = {}
  for word in string.gmatch(text, '[^ ]+') do
    has[word] = true
  end
  for word in string.gmatch(redis.call('HGET', words, ad) or '', '[^ ]+') do
    if not has[word] then
      redis.call('HDEL', counts, word_field(ad, word))
    end
  end
  redis.call('HSET', words, ad, text)
end

-- Adds an ad or replaces it; what was counted for the words it keeps stays.
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
-- KEYS[10] campaigns
-- ARGV[1] epoch, if the network begins now
-- ARGV[2] ad
-- ARGV[3] version, 0 for the next one
-- ARGV[4] record
-- ARGV[5] its words, separated by spaces
-- ARGV[6] creative
-- ARGV[7] campaign
-- ARGV[8] how many campaigns there may be, and ads unless the settings say less
-- ARGV[9] analyzer that found the words
--
-- Returns {stored: flag, version: integer}; version is -1 when the analyzer is not that of the network.
--
-- @include ads/_index
-- @include lib/time
local head, changes, removed, ids, ads = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local words, counts, learned, creatives, campaigns = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local epoch, ad, version, record, text = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local creative, campaign, most, analyzer = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]

if (redis.call('HGET', head, 'analyzer') or analyzer) ~= analyzer then
  return {0, -1}
end
local present = tonumber(string.match(redis.call('HGET', ads, ad) or '0', '^%d+'))
if version > 0 and version <= present then
  return {0, present}
end
local is_new_campaign = campaign ~= '' and redis.call('HEXISTS', campaigns, campaign) == 0
local most_ads = tonumber(redis.call('HGET', head, 'most') or most)
if present == 0 and redis.call('ZCARD', ids) >= most_ads then
  return redis.error_reply('AD_NETWORK_FULL the network has ' .. integer(most_ads) .. ' ads, as many as it may')
elseif is_new_campaign and redis.call('HLEN', campaigns) >= most then
  return redis.error_reply('AD_NETWORK_FULL the network has ' .. integer(most) .. ' campaigns, as many as it may')
end
version = version > 0 and version or present + 1
begin(head, epoch)
if is_new_campaign then
  redis.call('HSET', campaigns, campaign, '')
end
redis.call('HSET', ads, ad, integer(version) .. ' ' .. record)
redis.call('HSET', creatives, ad, creative)
redis.call('ZADD', ids, 0, ad)
redis.call('ZREM', removed, 'a' .. ad)
index_words(counts, words, ad, text)
learn(head, counts, learned, words, ad, math.floor(microseconds() / 1000))
log_change(head, changes, 'a' .. ad, true)
return {1, version}

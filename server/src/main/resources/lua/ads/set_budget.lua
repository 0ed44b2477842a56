-- Sets the budget of an ad or a campaign; what is used of it stays.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] ads
-- KEYS[4] campaigns
-- KEYS[5] budgets
-- KEYS[6] money
-- KEYS[7] stats: channel, to which the ad or campaign is appended
-- ARGV[1] epoch, if the network begins now
-- ARGV[2] ad, '' for a campaign
-- ARGV[3] campaign
-- ARGV[4] budget
-- ARGV[5] micros of a day, -1 for no limit
-- ARGV[6] micros in all, -1 for no limit
-- ARGV[7] 1 to pace it evenly
-- ARGV[8] its minute of the hour
-- ARGV[9] how many campaigns there may be
--
-- Returns {done: flag}.
--
-- @include ads/_log
-- @include ads/_money
-- @include lib/time
local head, changes, ads, campaigns = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local budgets, money, stats = KEYS[5], KEYS[6], KEYS[7]
local epoch, ad, campaign, budget = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local daily, total, even = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local minute, most = tonumber(ARGV[8]), tonumber(ARGV[9])

if ad ~= '' and redis.call('HEXISTS', ads, ad) == 0 then
  return redis.error_reply('AD_NOT_FOUND the network has no such ad')
end
if ad == '' and redis.call('HEXISTS', campaigns, campaign) == 0 then
  if redis.call('HLEN', campaigns) >= most then
    return redis.error_reply('AD_NETWORK_FULL the network has ' .. integer(most) .. ' campaigns, as many as it may')
  end
  redis.call('HSET', campaigns, campaign, '')
end
begin(head, epoch)
local field = ad ~= '' and 'a' .. ad or 'c' .. campaign
local m = money_of(redis.call('HGET', money, field), math.floor(microseconds() / 1000))
if m.daily ~= daily or m.total ~= total or m.even ~= even or m.minute ~= minute then
  m.daily, m.total, m.even, m.minute, m.hour = daily, total, even, minute, UNKNOWN_HOUR
end
m.closed = 0
redis.call('HSET', money, field, pack_money(m))
redis.call('HSET', budgets, field, budget)
log_change(head, changes, field, true)
redis.call('SPUBLISH', stats .. field, '')
return {1}

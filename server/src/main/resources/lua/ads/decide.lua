-- Decides which candidates are shown, and reserves what their events cost. Ends decisions whose time is over.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] money
-- KEYS[4] open
-- KEYS[5] deadlines
-- KEYS[6] viewer
-- KEYS[7] totals
-- KEYS[8] creatives
-- KEYS[9] request
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2] epoch of the network as the caller knows it
-- ARGV[3] revision up to which the caller knows it
-- ARGV[4] id of the decision
-- ARGV[5] how many ads are shown at most
-- ARGV[6] ms within which their events have to come
-- ARGV[7] ms for which their money is reserved
-- ARGV[8] micros to pay above a tie, '' to pay the bid
-- ARGV[9] places of the candidates in the order in which they are tried
-- ARGV[10] 1 when there are more candidates: nothing is decided while they are too few
-- ARGV[11..] candidates
--
-- Returns {fresh: flag, revision: integer, id: text, won: integer, (place: integer, price: integer, ad: text,
-- ecpm: real, creative: bytes)…}: the winners, and after them the others that were tried, with the reason in
-- place of the price, and the cap that is reached in place of the ad. When the caller does not know the network
-- as it is, nothing is done and fresh is 0.
--
-- @include ads/_auction
-- @include ads/_sweep
-- @include lib/once
-- @include lib/time
local head, changes, money, open, deadlines = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local viewer, totals, creatives, request = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local digest, epoch, known, id, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local patience, hold, increment = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local order, more, texts = ARGV[9], ARGV[10], ARGV

local before = replay(request, digest)
if before then
  return before
end
local is = redis.call('HMGET', head, 'epoch', 'revision', 'structure')
local revision = tonumber(is[2] or 0)
if (is[1] or '') ~= epoch or tonumber(is[3] or 0) > known then
  return {0, revision, '', 0}
end
local now = math.floor(microseconds() / 1000)
sweep(head, changes, money, open, deadlines, now, 4)

local auction = new_auction(texts, 11, money, viewer, now, patience)
if increment then
  look_ahead(auction)
end
local winners, tried = {}, {}
for place in string.gmatch(order, '%d+') do
  local i = tonumber(place)
  local reason, cap = verdict(auction, i)
  if reason > 0 then
    tried[#tried + 1] = {i, reason, cap}
  else
    local c = candidate(auction, i)
    winners[#winners + 1] = i
    -- The most it can cost, until it is known what it does.
    for _, field in ipairs(accounts_of(c)) do
      reserve(money_at(auction, field), c.most)
    end
    for level, most, window in string.gmatch(c.levels, '(%a),(%d+),(%d+);') do
      local field = level .. c.ids[level]
      auction.times[field] =
        add_view(times_at(auction, field), now, tonumber(window), patience, tonumber(most))
    end
    if #winners == count then
      break
    end
  end
end

if more == '1' and #winners < count then
  winners = take_back(auction, winners)
end
local answer = {1, revision, #winners > 0 and id or '', #winners}
local record, longest = {now + patience, now, 1}, 0
for n, i in ipairs(winners) do
  local c = candidate(auction, i)
  local pays = price(auction, i, increment)
  for _, field in ipairs(accounts_of(c)) do
    local m = give_back(money_at(auction, field), c.most - pays)
    redis.call('HSET', money, field, pack_money(m))
    redis.call('HINCRBY', totals, 'd' .. field, 1)
  end
  for level, _, window in string.gmatch(c.levels, '(%a),(%d+),(%d+);') do
    local field = level .. c.ids[level]
    redis.call('HSET', viewer, field, pack_times(times_at(auction, field)))
    longest = math.max(longest, tonumber(window))
  end
  record[n + FIRST_AD - 1] = {c.ad, c.campaign, c.pricing, pays, 0, c.words, c.levels, c.account}
  add(answer, i, pays, c.ad, integer(c.ecpm), redis.call('HGET', creatives, c.ad) or '')
end
for _, lost in ipairs(tried) do
  add(answer, lost[1], lost[2], lost[3], '0', '')
end
for _, lack in ipairs(auction.short) do
  local field, m = lack[1], money_at(auction, lack[1])
  if close(m, lack[2]) then
    log_change(head, changes, field)
    redis.call('HSET', money, field, pack_money(m))
  end
end
if #winners > 0 then
  redis.call('HINCRBY', totals, 'dn', 1)
  redis.call('HSET', open, id, cmsgpack.pack(record))
  redis.call('ZADD', deadlines, integer(now + math.min(hold, patience)), id)
  if longest > 0 and redis.call('PTTL', viewer) < longest then
    redis.call('PEXPIRE', viewer, integer(longest))
  end
  return keep(request, digest, answer)
end
-- Nothing was reserved: to ask again is to ask anew.
return answer

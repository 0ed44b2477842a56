-- Tells how candidates would fare, without deciding.
--
-- Reads only.
--
-- KEYS[1] money
-- KEYS[2] viewer
-- ARGV[1] how many ads are shown at most
-- ARGV[2] ms within which events have to come
-- ARGV[3] micros to pay above a tie, '' to pay the bid
-- ARGV[4..] candidates
--
-- Returns {(wins: flag, reason: integer, price: integer, seen: text, money of ad: bytes, money of campaign:
-- bytes)…}, for each candidate: whether it would win, or why it cannot be shown, 0 when it can; what it would
-- pay; how many views count within each of its caps, separated by spaces; and money as it is kept, of this hour.
--
-- @include ads/_auction
-- @include lib/time
local money, viewer = KEYS[1], KEYS[2]
local count, patience, increment, texts = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV

local now = math.floor(microseconds() / 1000)
local auction = new_auction(texts, 4, money, viewer, now, patience)
if increment then
  look_ahead(auction)
end
local answer, won = {}, 0
for i = 1, auction.size do
  local c = candidate(auction, i)
  local reason = verdict(auction, i)
  local wins = reason == 0 and won < count
  won = won + (wins and 1 or 0)
  local counted = {}
  for level, _, window in string.gmatch(c.caps, '(%a),(%d+),(%d+);') do
    counted[#counted + 1] = seen(times_at(auction, level .. c.ids[level]), now, tonumber(window), patience)
  end
  add(answer, wins and 1 or 0, reason, price(auction, i, increment), table.concat(counted, ' '),
    pack_money(money_at(auction, 'a' .. c.ad)),
    c.campaign ~= '' and pack_money(money_at(auction, 'c' .. c.campaign)) or '')
end
return answer

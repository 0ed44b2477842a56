-- @include lib/integer
-- @include ads/_caps
-- @include ads/_money
--
-- Candidates of a decision, best first, each a text of seven lines: ad; campaign; account; number of the pricing,
-- micros of its event at most and at least, thousandths of a micro of eCPM; caps and levels at which views are
-- kept, each as "level,views,window ms;"; matched words.

local CANDIDATE = '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(%d) (%d+) (%d+) (%d+)\n([^\n]*)\n([^\n]*)\n([^\n]*)$'

local function parse(text)
  local c = {}
  local pricing, most, least, ecpm
  c.ad, c.campaign, c.account, pricing, most, least, ecpm, c.caps, c.levels, c.words = string.match(text, CANDIDATE)
  c.pricing, c.most, c.least, c.ecpm = tonumber(pricing), tonumber(most), tonumber(least), tonumber(ecpm)
  c.ids = {a = c.ad, c = c.campaign, o = c.account}
  return c
end

-- Adds values to a list.
local function add(list, ...)
  for _, value in ipairs({...}) do
    list[#list + 1] = value
  end
end

-- An auction: what is read of Redis is read once. It notes what was short of money, and for which price.
local function new_auction(texts, first, money, viewer, now, patience)
  return {texts = texts, first = first, size = #texts - first + 1, money = money, viewer = viewer, now = now,
    patience = patience, candidates = {}, accounts = {}, times = {}, short = {}}
end

local function candidate(auction, i)
  if not auction.candidates[i] then
    auction.candidates[i] = parse(auction.texts[auction.first + i - 1])
  end
  return auction.candidates[i]
end

-- Where the money of a candidate is: its own, and that of its campaign.
local function accounts_of(c)
  return {'a' .. c.ad, c.campaign ~= '' and 'c' .. c.campaign or nil}
end

-- The money of an ad or a campaign.
local function money_at(auction, field)
  local m = auction.accounts[field]
  if not m then
    m = money_of(redis.call('HGET', auction.money, field), auction.now)
    turn(m, auction.now)
    auction.accounts[field] = m
  end
  return m
end

local function times_at(auction, field)
  if not auction.times[field] then
    auction.times[field] = times_of(redis.call('HGET', auction.viewer, field))
  end
  return auction.times[field]
end

-- Why a candidate cannot be shown now, and the cap that is reached; 0 when it can.
local function verdict(auction, i)
  local c = candidate(auction, i)
  for level, views, window in string.gmatch(c.caps, '(%a),(%d+),(%d+);') do
    local times = times_at(auction, level .. c.ids[level])
    if seen(times, auction.now, tonumber(window), auction.patience) >= tonumber(views) then
      return CAPPED, level .. ',' .. views .. ',' .. window
    end
  end
  for _, field in ipairs(accounts_of(c)) do
    local reason = refusal(money_at(auction, field), c.most)
    if reason > 0 then
      auction.short[#auction.short + 1] = {field, c.most}
      return reason, ''
    end
  end
  return 0, ''
end

-- Takes reservations back that were not written yet; leaves no winners.
local function take_back(auction, winners)
  for _, i in ipairs(winners) do
    local c = candidate(auction, i)
    for _, field in ipairs(accounts_of(c)) do
      give_back(money_at(auction, field), c.most)
    end
  end
  return {}
end

-- Notes for each candidate which of those after it can be shown; before any of them is.
local function look_ahead(auction)
  local able
  auction.ahead = {}
  for i = auction.size, 1, -1 do
    auction.ahead[i] = able
    able = (verdict(auction, i)) == 0 and i or able
  end
end

-- What a candidate pays: its bid or, with an increment, what keeps it ahead of the next one that could be shown: see
-- look_ahead.
local function price(auction, i, increment)
  local c = candidate(auction, i)
  if not increment then
    return c.most
  end
  local next = auction.ahead[i]
  local to_beat = next and candidate(auction, next).ecpm / c.ecpm * c.most or 0
  return math.min(c.most, math.max(c.least, math.floor(to_beat) + increment))
end

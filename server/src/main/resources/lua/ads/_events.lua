-- @include ads/_caps
-- @include ads/_counts
-- @include ads/_sweep
--
-- Events of decisions. In counts, views, clicks and actions stand one after the other: first, second and third.
local PLACE = {[VIEWED] = 1, [CLICKED] = 2, [ACTED] = 3}

-- Adds an event to a count; returns how many of its kind there were, exactly.
local function add_to_count(counts, field, place, half_life, now)
  local count = {0, 0, 0, 0, 0, 0, now}
  local packed = redis.call('HGET', counts, field)
  if packed then
    count = {struct.unpack(COUNT, packed)}
    local weight = left(half_life, count[7], now)
    for i = 4, 6 do
      count[i] = count[i] * weight
    end
    count[7] = math.max(count[7], now)
  end
  count[place] = count[place] + 1
  count[place + 3] = count[place + 3] + 1
  redis.call('HSET', counts, field, struct.pack(COUNT, unpack(count, 1, 7)))
  return count[place]
end

-- Adds an event to a word of an ad; of clicks and actions it has a share, too.
local function add_to_word(counts, field, place, share, half_life, now)
  local count = {0, 0, 0, 0, 0, now}
  local packed = redis.call('HGET', counts, field)
  if packed then
    count = {struct.unpack(WORD, packed)}
    local weight = left(half_life, count[6], now)
    for i = 1, 5 do
      count[i] = count[i] * weight
    end
    count[6] = math.max(count[6], now)
  end
  count[place] = count[place] + 1
  if place > 1 then
    count[place + 2] = count[place + 2] + share
  end
  redis.call('HSET', counts, field, struct.pack(WORD, unpack(count, 1, 6)))
end

-- The view a cap has counted up to now as one that may come has come.
local function confirm_view(viewer, shown, decided)
  local ids = {a = shown[1], c = shown[2], o = shown[8]}
  for level in string.gmatch(shown[7], '(%a),%d+,%d+;') do
    local field = level .. ids[level]
    local times = times_of(redis.call('HGET', viewer, field))
    for i, time in ipairs(times) do
      if time == -decided then
        times[i] = decided
        redis.call('HSET', viewer, field, pack_times(times))
        break
      end
    end
  end
end

-- What a billable event costs: what was reserved for it. When that was given back, it is reserved now; without
-- room for it the event is free, for budgets are kept whatever comes.
local function charge(keys, record, ad, campaign, price, now)
  if record[3] == 1 then
    return price
  end
  local paying = {}
  for _, field in ipairs({'a' .. ad, 'c' .. campaign}) do
    local packed = redis.call('HGET', keys.money, field)
    local m = packed and money_of(packed)
    if m and m.since <= record[2] then
      turn(m, now)
      if refusal(m, price) > 0 then
        return 0
      end
      reserve(m, price)
      paying[#paying + 1] = {field, m}
    end
  end
  for _, one in ipairs(paying) do
    redis.call('HSET', keys.money, one[1], pack_money(one[2]))
  end
  return price
end

-- Counts an event of an ad that was shown, for ad, campaign, network, pricing and words; takes over what was
-- learned with every click, every action, and some views.
local function count_event(keys, record, shown, event, now)
  local ad, campaign, pricing, price = unpack(shown)
  local place, half_life = PLACE[event], half_life_of(keys.head)
  shown[5] = shown[5] + event
  local fields = {'n'}
  if campaign ~= '' then
    fields[#fields + 1] = 'c' .. campaign
  end
  -- Not one of the same id that came after the ad was removed.
  local packed = redis.call('HGET', keys.money, 'a' .. ad)
  local known = packed and money_of(packed).since <= record[2] and redis.call('HEXISTS', keys.words, ad) == 1
  if known then
    fields[#fields + 1] = 'a' .. ad
  end
  local nth
  local cost = event == PAID[pricing] and charge(keys, record, ad, campaign, price, now)
  for _, field in ipairs(fields) do
    nth = add_to_count(keys.counts, field, place, half_life, now)
    if cost and cost > 0 then
      redis.call('HINCRBY', keys.totals, 's' .. field, integer(cost))
    elseif cost and price > 0 then
      redis.call('HINCRBY', keys.totals, 'u' .. field, 1)
    end
  end
  add_to_count(keys.counts, 't' .. pricing, place, half_life, now)
  if event == VIEWED then
    confirm_view(keys.viewer, shown, record[2])
  end
  if known then
    -- A tab stands for having no word in common, nothing for not having looked.
    local matched = {}
    for word in string.gmatch(shown[6], '[^ ]+') do
      matched[#matched + 1] = word
    end
    for _, word in ipairs(matched) do
      add_to_word(keys.counts, word_field(ad, word == '\t' and '' or word), place, 1 / #matched, half_life, now)
    end
    local interval = tonumber(redis.call('HGET', keys.head, 'interval') or 100)
    if event ~= VIEWED or nth % interval == 0 then
      learn(keys.head, keys.counts, keys.learned, keys.words, ad, now)
      learn_averages(keys.counts, keys.learned)
      log_change(keys.head, keys.changes, 'a' .. ad)
    end
  end
  for _, field in ipairs(fields) do
    redis.call('SPUBLISH', keys.stats .. field, '')
  end
end

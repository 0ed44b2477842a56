-- @include lib/time
--
-- Counts of a network: a hash with a field for each ad ('a' and its id), each campaign ('c' and its name), the
-- network ('n'), each pricing ('t' and its number), and each word of an ad that was matched ('w', the ad, a line
-- feed and the word; no word for pages with which it had none in common).
--
-- What lost weight with age stands beside what is exact. All numbers are doubles.

-- Exact views, clicks and actions; the same with their weight; ms at which they had it.
local COUNT = '>ddddddd'

-- Views, clicks, actions, shares of clicks and of actions, all with their weight; ms at which they had it.
local WORD = '>dddddd'

-- The weight that is left of a count after a time.
local function left(half_life, from, now)
  return half_life > 0 and 0.5 ^ (math.max(0, now - from) / half_life) or 1
end

-- The ms after which half the weight of counts is left, 0 for never.
local function half_life_of(head)
  return tonumber(redis.call('HGET', head, 'half_life') or 604800000)
end

local function word_field(ad, word)
  return 'w' .. ad .. '\n' .. word
end

-- Takes over what was counted for an ad: servers decide by the counts as they are now, until this is done again.
-- A learned ad is its views, clicks and actions, then for each word that was counted its place among the words
-- of the ad, from 1 on, 0 for none, and its five counts.
local function learn(head, counts, learned, words, ad, now)
  local half_life = half_life_of(head)
  local fields = {'a' .. ad, word_field(ad, '')}
  for word in string.gmatch(redis.call('HGET', words, ad) or '', '[^ ]+') do
    fields[#fields + 1] = word_field(ad, word)
  end
  local values = redis.call('HMGET', counts, unpack(fields))
  local parts = {struct.pack('>ddd', 0, 0, 0)}
  if values[1] then
    local _, _, _, views, clicks, actions, at = struct.unpack(COUNT, values[1])
    local weight = left(half_life, at, now)
    parts[1] = struct.pack('>ddd', views * weight, clicks * weight, actions * weight)
  end
  for i = 2, #fields do
    if values[i] then
      local views, clicks, actions, shares, action_shares, at = struct.unpack(WORD, values[i])
      local weight = left(half_life, at, now)
      parts[#parts + 1] = struct.pack('>Hddddd', i - 2, views * weight, clicks * weight, actions * weight,
        shares * weight, action_shares * weight)
    end
  end
  redis.call('HSET', learned, 'a' .. ad, table.concat(parts))
end

-- Takes over the rates of CPC and CPA ads: weighted views, clicks and actions of each.
local function learn_averages(counts, learned)
  local parts = {}
  for i, packed in ipairs(redis.call('HMGET', counts, 't2', 't3')) do
    local views, clicks, actions = 0, 0, 0
    if packed then
      local _
      _, _, _, views, clicks, actions = struct.unpack(COUNT, packed)
    end
    parts[i] = struct.pack('>ddd', views, clicks, actions)
  end
  redis.call('HSET', learned, 't', table.concat(parts))
end

-- Counts an event of a decision. What it costs was reserved by the decision and is spent now; or, when that was
-- given back already, it is taken of what there is, and the event costs nothing when there is nothing.
--
-- KEYS[1] head
-- KEYS[2] changes
-- KEYS[3] open
-- KEYS[4] deadlines
-- KEYS[5] viewer
-- KEYS[6] counts
-- KEYS[7] learned
-- KEYS[8] words
-- KEYS[9] totals
-- KEYS[10] creatives
-- KEYS[11] money
-- KEYS[12] stats: channel, to which what was counted is appended: ad, campaign or network
-- ARGV[1] id of the decision
-- ARGV[2] event: 1 for a view, 2 for a click, 4 for an action
-- ARGV[3] ad, '' for all of the decision
--
-- Returns {outcome: integer, creative: bytes}: the outcome as in the contract, and what is kept for the ad, if
-- it is about one.
--
-- @include ads/_counts
-- @include ads/_events
local head, changes, open, deadlines, viewer, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local learned, words, totals, creatives, money, stats = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local id, event, only = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local keys = {head = head, changes = changes, viewer = viewer, counts = counts, learned = learned, words = words,
  totals = totals, money = money, stats = stats}
local ACCEPTED, DUPLICATE, EXPIRED, OUT_OF_ORDER = 1, 2, 3, 4

local now = math.floor(microseconds() / 1000)
local packed = redis.call('HGET', open, id)
local record = packed and cmsgpack.unpack(packed)
if not record or record[1] <= now then
  redis.call('HINCRBY', totals, 'late', 1)
  return {EXPIRED, ''}
end
local outcome, found, creative = DUPLICATE, false, ''
for i = FIRST_AD, #record do
  local shown = record[i]
  if only == '' or shown[1] == only then
    found = true
    if only ~= '' or #record == FIRST_AD then
      creative = redis.call('HGET', creatives, shown[1]) or ''
    end
    if event == ACTED and not has(shown[5], CLICKED) then
      outcome = OUT_OF_ORDER
    elseif not has(shown[5], event) then
      outcome = ACCEPTED
      if event == CLICKED and not has(shown[5], VIEWED) then
        count_event(keys, record, shown, VIEWED, now)
      end
      count_event(keys, record, shown, event, now)
    end
  end
end
if not found then
  return redis.error_reply('AD_NOT_FOUND the decision has no such ad')
end
if outcome == ACCEPTED then
  if event == CLICKED then
    local times = redis.call('HMGET', head, 'window', 'hold')
    record[1] = math.max(record[1], now + tonumber(times[1] or 900000))
    local next = record[3] == 1 and math.min(record[1], now + tonumber(times[2] or 900000)) or record[1]
    redis.call('ZADD', deadlines, integer(next), id)
  end
  redis.call('HSET', open, id, cmsgpack.pack(record))
end
return {outcome, creative}

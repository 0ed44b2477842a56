-- Money of an ad ('a' and its id) or a campaign ('c' and its name): what may be used and what is used, in micros.
-- Used is what decisions have reserved and was not given back; whether it is spent already makes no difference.
-- Limits are at most 9e15 and prices 1e12, so that every sum which is compared is exact.
--
-- Twelve doubles: limit of a day and in all, -1 for none; whether it is paced evenly; its minute of the hour; the
-- day, in days since 1970, and what is used of it; what is used in all; the hour by its own minute for which
-- there is an allowance, -1 for what is before the first one; up to what the day may be used in it; until when,
-- in ms, it is closed, 0 when it is open; the least price it is closed for; and since when it is kept, in ms:
-- what was decided before, for an ad of the same id that was removed, is not its affair.
local MONEY = '>dddddddddddd'
local DAY_MS = 86400000
local MINUTES = 1440
local UNKNOWN_HOUR = -2

-- Only a new budget, or what is given back, opens it again.
local NEVER = 2 ^ 53

-- Why something cannot be shown: the numbers are those of the contract.
local CAPPED, PACED, OUT_OF_BUDGET = 2, 3, 4

local function money_of(packed, now)
  local m = {daily = -1, total = -1, even = 0, minute = 0, day = 0, day_used = 0, used = 0, hour = UNKNOWN_HOUR,
    allowance = 0, closed = 0, closed_from = 0, since = now or 0}
  if packed then
    m.daily, m.total, m.even, m.minute, m.day, m.day_used, m.used, m.hour, m.allowance, m.closed, m.closed_from,
      m.since = struct.unpack(MONEY, packed)
  end
  return m
end

local function pack_money(m)
  return struct.pack(MONEY, m.daily, m.total, m.even, m.minute, m.day, m.day_used, m.used, m.hour, m.allowance,
    m.closed, m.closed_from, m.since)
end

-- Begins a new day, and an hour with its allowance: what is left, in equal shares for the time left of the day.
local function turn(m, now)
  local day = math.floor(now / DAY_MS)
  -- A clock that was a little ahead opens no day anew; one that was far ahead is not believed.
  if day > m.day or day < m.day - 1 then
    m.day, m.day_used, m.hour = day, 0, UNKNOWN_HOUR
  elseif day < m.day then
    return
  end
  if m.even == 0 or m.daily < 0 then
    return
  end
  local hour = math.floor(((now - day * DAY_MS) / 60000 - m.minute) / 60)
  if hour ~= m.hour then
    local begin = hour < 0 and 0 or hour * 60 + m.minute
    local length = hour < 0 and m.minute or math.min(60, MINUTES - begin)
    local left = m.daily - m.day_used
    if m.total >= 0 then
      left = math.min(left, m.total - m.used)
    end
    local share = math.ceil(math.max(0, left) * (length / (MINUTES - begin)))
    m.hour, m.allowance = hour, m.day_used + math.max(0, math.min(left, share))
  end
end

-- Why a price cannot be reserved, until when, and for which price there is room; 0 when it can. For the time
-- that turn has seen.
local function refusal(m, price)
  if m.total >= 0 and m.used + price > m.total then
    return OUT_OF_BUDGET, NEVER, m.total - m.used
  elseif m.daily >= 0 and m.day_used + price > m.daily then
    return OUT_OF_BUDGET, (m.day + 1) * DAY_MS, m.daily - m.day_used
  elseif m.even == 1 and m.daily >= 0 and m.day_used + price > m.allowance then
    return PACED, m.day * DAY_MS + math.min(MINUTES, (m.hour + 1) * 60 + m.minute) * 60000,
      m.allowance - m.day_used
  end
  return 0, 0
end

local function reserve(m, price)
  m.day_used = m.day_used + price
  m.used = m.used + price
end

-- Takes a reservation back that was made on a day, if not on this one.
local function give_back(m, price, day)
  if m.day == (day or m.day) then
    m.day_used = math.max(0, m.day_used - price)
  end
  m.used = math.max(0, m.used - price)
  return m
end

-- Closes it for all prices without room when there is none for one, so that servers need not ask. Returns
-- whether that is new.
local function close(m, price)
  local reason, till, room = refusal(m, price)
  if reason == 0 or m.closed == till and m.closed_from <= price then
    return false
  end
  m.closed, m.closed_from = till, math.max(0, room) + 1
  return true
end

-- @include ads/_log
-- @include ads/_money
--
-- Decisions whose events are still to come. The hash of open decisions has a record for each, the sorted set of
-- deadlines the ms at which something is to be done about it. A record is a list: ms up to which its events
-- count, ms of the decision, 1 while money is reserved for it, then for each ad a list: id, campaign, pricing,
-- price, which events were reported, matched words, levels of caps, account.
local FIRST_AD = 4

-- Which events were reported, and which one is paid.
local VIEWED, CLICKED, ACTED = 1, 2, 4
local PAID = {VIEWED, CLICKED, ACTED}

local function has(events, event)
  return events % (2 * event) >= event
end

-- Gives back what was reserved for events that did not come.
local function release(head, changes, money, record)
  record[3] = 0
  for i = FIRST_AD, #record do
    local ad, campaign, pricing, price, events = unpack(record[i])
    if not has(events, PAID[pricing]) then
      for _, field in ipairs({'a' .. ad, 'c' .. campaign}) do
        local packed = redis.call('HGET', money, field)
        if packed then
          local m = money_of(packed)
          if m.since <= record[2] then
            give_back(m, price, math.floor(record[2] / DAY_MS))
            if m.closed > 0 then
              m.closed = 0
              log_change(head, changes, field)
            end
            redis.call('HSET', money, field, pack_money(m))
          end
        end
      end
    end
  end
end

-- Does what is due: gives reservations back, and ends decisions whose time is over.
local function sweep(head, changes, money, open, deadlines, now, most)
  local due = redis.call('ZRANGE', deadlines, '-inf', integer(now), 'BYSCORE', 'LIMIT', 0, most)
  for _, id in ipairs(due) do
    local record = cmsgpack.unpack(redis.call('HGET', open, id))
    if record[3] == 1 then
      release(head, changes, money, record)
    end
    if record[1] > now then
      redis.call('HSET', open, id, cmsgpack.pack(record))
      redis.call('ZADD', deadlines, integer(record[1]), id)
    else
      redis.call('HDEL', open, id)
      redis.call('ZREM', deadlines, id)
    end
  end
  return #due
end

-- @include ads/_log
-- @include ads/_money
--
-- Decisions whose events are still to come. The hash of open decisions has a record for each, the sorted set of
-- deadlines the ms up to which its events count. A record is a list: deadline, ms of the decision, then for each
-- ad a list: id, campaign, pricing, price, which events were reported, matched words, levels of caps, account.

-- Which events were reported, and which one is paid.
local VIEWED, CLICKED, ACTED = 1, 2, 4
local PAID = {VIEWED, CLICKED, ACTED}

local function has(events, event)
  return events % (2 * event) >= event
end

-- Ends decisions whose time is over, and gives back what was reserved for events that did not come.
local function sweep(head, changes, money, open, deadlines, now, most)
  local due = redis.call('ZRANGE', deadlines, '-inf', integer(now), 'BYSCORE', 'LIMIT', 0, most)
  for _, id in ipairs(due) do
    local record = cmsgpack.unpack(redis.call('HGET', open, id))
    for i = 3, #record do
      local ad, campaign, pricing, price, events = unpack(record[i])
      if not has(events, PAID[pricing]) then
        for _, field in ipairs({'a' .. ad, 'c' .. campaign}) do
          local packed = redis.call('HGET', money, field)
          if packed then
            local m = money_of(packed)
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
    redis.call('HDEL', open, id)
    redis.call('ZREM', deadlines, id)
  end
  return #due
end

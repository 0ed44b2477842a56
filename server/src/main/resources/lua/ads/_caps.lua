-- What a viewer saw: a hash with a field for each ad ('a'), campaign ('c') and account ('o') whose views are
-- capped, of ms as doubles. They are negative while the view has not been reported: such a view counts as long
-- as it still can be.

local function times_of(packed)
  local times = {}
  for at = 1, #(packed or ''), 8 do
    times[#times + 1] = struct.unpack('>d', packed, at)
  end
  return times
end

local function pack_times(times)
  local parts = {}
  for i, time in ipairs(times) do
    parts[i] = struct.pack('>d', time)
  end
  return table.concat(parts)
end

local function counts_at(time, now, window, patience)
  return time >= 0 and now - time < window or time < 0 and now + time < math.min(window, patience)
end

-- How many views count within a window.
local function seen(times, now, window, patience)
  local count = 0
  for _, time in ipairs(times) do
    if counts_at(time, now, window, patience) then
      count = count + 1
    end
  end
  return count
end

-- Adds a view that is still to be reported, and keeps the newest ones.
local function add_view(times, now, window, patience, keep)
  local kept = {-now}
  for _, time in ipairs(times) do
    if #kept < keep and counts_at(time, now, window, patience) then
      kept[#kept + 1] = time
    end
  end
  return kept
end

-- @include chat/_log

-- How many entries of the log have a k that is not greater. The last of them is the message of that
-- number, unless it is kept no longer or not there yet.
local function count_to(log, length, number)
  local low, high = 0, length
  while low < high do
    local middle = math.floor((low + high) / 2)
    local _, k = parts(redis.call('LINDEX', log, middle))
    if k <= number then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- Number of the first message that is kept; that of the one to come when none is.
local function first_kept(chat, log, length)
  if length == 0 then
    return chat.n + 1
  end
  local _, k = parts(redis.call('LINDEX', log, 0))
  return k
end

-- Position and number of the last message before a user joined, and when, in ms.
local function joined(members, user)
  local member = redis.call(
    'ZRANGE', members, '[' .. user .. '\0', '(' .. user .. '\1', 'BYLEX', 'LIMIT', 0, 1)[1]
  local p, n, ms = string.match(member or '', '%z(%d+) (%d+) (%d+)$')
  return tonumber(p), tonumber(n), tonumber(ms)
end

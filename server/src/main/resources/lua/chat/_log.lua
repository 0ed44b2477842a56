-- @include lib/integer
-- @include lib/time
--
-- The log of a chat: a list of all that happened. Entries have dense positions: the last one has the
-- position p of the head, so the list says by its length which is the first. Positions begin with the
-- time in microseconds, so that those of a chat Redis lost are never used again.
--
-- An entry is '<kind> <k> <ms> <total> <a> <b> <length> <user><payload>'. total counts all bytes up to
-- and with it. k is the number of a message; for other events that of the message to come. So k, ms
-- and total never fall, and any place is found by bisection. Kinds, with what a, b, user and payload are:
--   m message          ms of the edit, position of the edit; sender, content
--   x deleted message  ms of the deletion; sender
--   e edit             number of the message, ms of the message; sender, content
--   v edit that a later edit or a deletion made void
--   d deletion         number of the message, ms of the message; sender
--   j joined           role; user
--   l left             user, who kicked it
--   r role changed     role; user, who gave it

local BYTES = 67108864

-- The head of a chat; nil when there is none, or it has ended.
local function load_chat(head)
  local h = redis.call('HMGET', head, 'p', 'n', 'b', 'ob', 'ot', 'mm', 'ma', 'ka', 'renew', 'until',
    'start')
  if not h[1] or not h[6] then
    return nil
  end
  local now = microseconds()
  return {
    head = head, now = math.floor(now / 1000), p = tonumber(h[1]), n = tonumber(h[2]),
    b = tonumber(h[3]), ob = tonumber(h[4]), ot = tonumber(h[5]), most = tonumber(h[6]),
    age = tonumber(h[7]), grace = tonumber(h[8]), renew = tonumber(h[9]), listens = h[10],
    start = tonumber(h[11]), new = {},
  }
end

local function no_chat()
  return redis.error_reply('CHAT_NOT_FOUND there is no such chat')
end

local function no_member()
  return redis.error_reply('CHAT_NOT_MEMBER the user is no member of the chat')
end

local function pack(kind, k, ms, total, a, b, user, payload)
  return string.format('%s %.0f %.0f %.0f %.0f %.0f %d ', kind, k, ms, total, a, b, #user) .. user .. payload
end

-- Parts of an entry, for searching: kind, k, ms, total.
local function parts(entry)
  local kind, k, ms, total = string.match(entry, '^(%a) (%d+) (%d+) (%d+)')
  return kind, tonumber(k), tonumber(ms), tonumber(total)
end

-- Adds an entry; save_chat writes it.
local function append(chat, kind, a, b, user, payload)
  chat.p = chat.p + 1
  if kind == 'm' then
    chat.n = chat.n + 1
  end
  chat.b = chat.b + #user + #payload + 64
  local k = kind == 'm' and chat.n or chat.n + 1
  chat.new[#chat.new + 1] = pack(kind, k, chat.now, chat.b, a, b, user, payload)
end

-- How many entries from the first on a condition holds for; it must hold for none after one it does
-- not hold for. Quick when these are few.
local function count_first(log, length, holds)
  local low, step = 0, 1
  local high = length
  while low + step <= length do
    if not holds(redis.call('LINDEX', log, low + step - 1), low + step - 1) then
      high = low + step - 1
      break
    end
    low = low + step
    step = step * 2
  end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if holds(redis.call('LINDEX', log, middle), middle) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- Removes entries beyond the limits, and those that all have acknowledged up to a message. Beyond a limit
-- of number or bytes it goes a 64th below, so as not to be at it again with the next entry.
local function trim(chat, log, length, acknowledged)
  local most = length > chat.most and chat.most - math.floor(chat.most / 64) or chat.most
  local bytes = chat.b - chat.ob > BYTES and BYTES * 63 / 64 or BYTES
  local drop = count_first(log, length, function(entry, i)
    local _, k, ms, total = parts(entry)
    return i < length - most or ms < chat.now - chat.age or total <= chat.b - bytes
      or (k <= acknowledged and ms <= chat.now - chat.grace)
  end)
  if drop > 0 then
    local around = redis.call('LRANGE', log, drop - 1, drop)
    local _, _, _, total = parts(around[1])
    local _, _, ms = parts(around[2] or '')
    redis.call('LTRIM', log, drop, -1)
    chat.ob, chat.ot = total, ms or chat.now
    redis.call('HSET', chat.head, 'ob', integer(chat.ob), 'ot', integer(chat.ot))
  end
end

-- Writes what was appended, trims, and tells servers with streams, if there are any.
local function save_chat(chat, log, ...)
  local length = redis.call('RPUSH', log, unpack(chat.new))
  if length == #chat.new then
    -- The log is new, or had expired.
    local _, _, _, total = parts(chat.new[1])
    chat.ob, chat.ot, chat.renew = total - 1, chat.now, 0
    redis.call('HSET', chat.head, 'ob', integer(chat.ob), 'ot', integer(chat.ot))
  end
  if length > chat.most or chat.b - chat.ob > BYTES or chat.ot < chat.now - chat.age then
    trim(chat, log, length, -1)
  end
  if chat.now >= chat.renew then
    local pause = math.floor(chat.age / 16)
    redis.call('PEXPIRE', log, integer(chat.age + pause))
    chat.renew = chat.now + pause
    redis.call('HSET', chat.head, 'renew', integer(chat.renew))
  end
  local p = integer(chat.p)
  redis.call('HSET', chat.head, 'p', p, 'n', integer(chat.n), 'b', integer(chat.b), ...)
  if chat.listens and tonumber(chat.listens) > chat.now then
    if redis.call('SPUBLISH', string.sub(chat.head, 1, -5) .. 'hints', p) == 0 then
      redis.call('HDEL', chat.head, 'until')
    end
  end
end

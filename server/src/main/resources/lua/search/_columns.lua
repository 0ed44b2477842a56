-- Values of documents by their ordinals, in the hash 'columns': the field is the number of a column (1) and
-- of a block of 128 ordinals (3). A column of numbers has 8 bytes for each, all ones for none. The others
-- have how many values there are (1), the length of each (2), and the values; a length of 0 is none. What
-- is none at the end is left out. Because every put copies a block, long values stand apart: their length
-- is APART, and the field has the place in the block (1) at its end.

local BLOCK = 128
local LONGEST = 128
local APART = 65535
local NONE = string.rep('\255', 8)

local function place_number(block, slot, value)
  local at = slot * 8
  if value == '' then
    value = NONE
  end
  block = block .. string.rep(NONE, slot - string.len(block) / 8)
  block = string.sub(block, 1, at) .. value .. string.sub(block, at + 9)
  while string.sub(block, -8) == NONE do
    block = string.sub(block, 1, -9)
  end
  return block
end

local function place_text(block, slot, value, apart)
  local count = string.byte(block) or 0
  local lengths = {string.byte(block, 2, 1 + 2 * count)}
  local function length_of(other)
    local length = lengths[2 * other + 1] * 256 + lengths[2 * other + 2]
    return length == APART and 0 or length, length == APART
  end
  local at = 2 + 2 * count
  for i = 0, math.min(slot, count) - 1 do
    at = at + length_of(i)
  end
  local size, was_apart = 0, false
  if slot < count then
    size, was_apart = length_of(slot)
  end
  local heap = string.sub(block, 2 + 2 * count, at - 1) .. value .. string.sub(block, at + size)
  for i = 2 * count + 1, 2 * slot + 2 do
    lengths[i] = 0
  end
  local length = apart and APART or string.len(value)
  lengths[2 * slot + 1], lengths[2 * slot + 2] = math.floor(length / 256), length % 256
  local last = #lengths
  while last > 0 and lengths[last] == 0 and lengths[last - 1] == 0 do
    last = last - 2
  end
  return last == 0 and '' or string.char(last / 2, unpack(lengths, 1, last)) .. heap, was_apart
end

-- Puts the value of a document into a column; '' takes it out.
local function place(columns, column, is_number, ordinal, value)
  local name = column .. struct.pack('>I3', math.floor(ordinal / BLOCK))
  local slot = ordinal % BLOCK
  local block = redis.call('HGET', columns, name) or ''
  if is_number then
    block = place_number(block, slot, value)
  else
    local apart, was_apart = string.len(value) > LONGEST, nil
    block, was_apart = place_text(block, slot, apart and '' or value, apart)
    if apart then
      redis.call('HSET', columns, name .. string.char(slot), value)
    elseif was_apart then
      redis.call('HDEL', columns, name .. string.char(slot))
    end
  end
  if block == '' then
    redis.call('HDEL', columns, name)
  else
    redis.call('HSET', columns, name, block)
  end
end

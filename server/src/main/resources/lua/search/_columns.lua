-- Values of documents by their ordinals, in the hash 'columns': the field is the number of a column (1) and
-- of a block of 128 ordinals (3). A column of numbers has 8 bytes for each, all ones for none. The others
-- have how many values there are (1), the length of each (2), and the values; a length of 0 is none. What
-- is none at the end is left out.

local BLOCK = 128
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

local function place_text(block, slot, value)
  local count = string.byte(block) or 0
  local lengths = {string.byte(block, 2, 1 + 2 * count)}
  local at = 2 + 2 * count
  for i = 1, math.min(slot, count) * 2, 2 do
    at = at + lengths[i] * 256 + lengths[i + 1]
  end
  local size = slot < count and lengths[2 * slot + 1] * 256 + lengths[2 * slot + 2] or 0
  local heap = string.sub(block, 2 + 2 * count, at - 1) .. value .. string.sub(block, at + size)
  for i = 2 * count + 1, 2 * slot + 2 do
    lengths[i] = 0
  end
  lengths[2 * slot + 1] = math.floor(string.len(value) / 256)
  lengths[2 * slot + 2] = string.len(value) % 256
  local last = #lengths
  while last > 0 and lengths[last] == 0 and lengths[last - 1] == 0 do
    last = last - 2
  end
  if last == 0 then
    return ''
  end
  return string.char(last / 2, unpack(lengths, 1, last)) .. heap
end

-- Puts the value of a document into a column; '' takes it out.
local function place(columns, column, is_number, ordinal, value)
  local name = column .. struct.pack('>I3', math.floor(ordinal / BLOCK))
  local block = redis.call('HGET', columns, name) or ''
  block = (is_number and place_number or place_text)(block, ordinal % BLOCK, value)
  if block == '' then
    redis.call('HDEL', columns, name)
  else
    redis.call('HSET', columns, name, block)
  end
end

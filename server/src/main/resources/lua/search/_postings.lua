-- @include lib/integer
--
-- The documents of a term, in the hash 'terms'. A posting is 5 bytes: ordinal (3), how often the term
-- occurs (7 bits) and whether the word stood so in the text (1 bit), length of the field (1). The head
-- of a term is its field of the hash: stamp of the last change (7), flags (1), how many postings follow
-- (2), with sealed blocks also how many postings there are in all (4), stamp of the directory (7) and the
-- first ordinal of the head (3); then postings in the order of their ordinals; then, of a term whose kind
-- is 't', its positions in the field, 2 bytes each.
--
-- When a head has MOVED postings, they move to the end of the last block or, when that would have more than
-- SEALED, become another: fields 'b' and 'p', number of the block (3) and term. So a head, which every put
-- copies, is short, and so is the directory, field 'd' and term, which lists the blocks: first ordinal (3),
-- number (3), how many postings (2), stamp (7).

local POSTING = 5
local ENTRY = 15
local MOVED = 128
local SEALED = 1024
local LISTED = 1
local HAS_BLOCKS = 2

-- How much was done: 1 for each term, which is some microseconds, and what copies many bytes or looks at
-- many postings counts as more.
local work = 0

local function count_work(postings, positions)
  work = work + (string.len(postings) + string.len(positions)) / 2048
end

local function ordinal_of(data, at)
  local high, middle, low = string.byte(data, at, at + 2)
  return high * 65536 + middle * 256 + low
end

-- The place of the first posting with at least this ordinal, and whether it has it.
local function find(postings, ordinal)
  local low, high = 1, string.len(postings) / POSTING + 1
  if high > 1 and ordinal_of(postings, (high - 2) * POSTING + 1) < ordinal then
    return high, false
  end
  local last = high
  while low < high do
    local middle = math.floor((low + high) / 2)
    if ordinal_of(postings, (middle - 1) * POSTING + 1) < ordinal then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, low < last and ordinal_of(postings, (low - 1) * POSTING + 1) == ordinal
end

-- How often terms occur in the postings from one on and before another. Eight at once, because a call takes
-- longer than a sum.
local function occurrences(postings, place, before)
  local count, at, last = 0, (place - 1) * POSTING + 4, (before - 1) * POSTING
  while at + 7 * POSTING <= last do
    local a, _, _, _, _, b, _, _, _, _, c, _, _, _, _, d, _, _, _, _, e, _, _, _, _, f, _, _, _, _, g, _, _, _, _, h =
      string.byte(postings, at, at + 7 * POSTING)
    count = count + a % 128 + b % 128 + c % 128 + d % 128 + e % 128 + f % 128 + g % 128 + h % 128
    at = at + 8 * POSTING
  end
  for one = at, last, POSTING do
    count = count + string.byte(postings, one) % 128
  end
  return count
end

-- How many of the bytes of all positions the postings before a place have.
local function positions_before(postings, place, positions)
  local count = string.len(postings) / POSTING
  if place > count / 2 then
    return string.len(positions) - 2 * occurrences(postings, place, count + 1)
  end
  return 2 * occurrences(postings, 1, place)
end

-- Puts, replaces or, when posting is '', takes out what a document has. Returns postings, positions and
-- by how many the postings have become more.
local function edit(postings, positions, ordinal, posting, own, positional)
  local place, there = find(postings, ordinal)
  local at = (place - 1) * POSTING
  local more = (posting == '' and 0 or 1) - (there and 1 or 0)
  count_work(postings, positions)
  if positional then
    local before = positions_before(postings, place, positions)
    local skip = there and string.byte(postings, at + 4) % 128 * 2 or 0
    positions = string.sub(positions, 1, before) .. own .. string.sub(positions, before + skip + 1)
  end
  postings = string.sub(postings, 1, at) .. posting
    .. string.sub(postings, at + 1 + (there and POSTING or 0))
  return postings, positions, more
end

-- The place in a directory of the last block that begins at or before an ordinal; the first one when none
-- does.
local function block_of(directory, ordinal)
  local low, high = 0, string.len(directory) / ENTRY - 1
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if ordinal_of(directory, middle * ENTRY + 1) <= ordinal then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

local function entry(postings, number, stamp)
  return string.sub(postings, 1, 3) .. struct.pack('>I3I2', number, string.len(postings) / POSTING) .. stamp
end

-- A number for a new block.
local function next_number(directory)
  local number = 0
  for at = 4, string.len(directory), ENTRY do
    number = math.max(number, ordinal_of(directory, at) + 1)
  end
  return number
end

local function write_block(terms, term, number, postings, positions)
  local name = struct.pack('>I3', number) .. term
  if postings == '' then
    redis.call('HDEL', terms, 'b' .. name, 'p' .. name)
  elseif positions == '' then
    redis.call('HSET', terms, 'b' .. name, postings)
  else
    redis.call('HSET', terms, 'b' .. name, postings, 'p' .. name, positions)
  end
end

-- Changes a sealed block. Returns the directory and by how many the postings have become more.
local function edit_block(terms, term, directory, ordinal, posting, own, stamp)
  local at = block_of(directory, ordinal) * ENTRY
  local number = ordinal_of(directory, at + 4)
  local name = struct.pack('>I3', number) .. term
  local positional = string.byte(term) == 116
  local known = redis.call('HMGET', terms, 'b' .. name, 'p' .. name)
  local postings, positions, more =
    edit(known[1] or '', known[2] or '', ordinal, posting, own, positional)
  local entries = ''
  if string.len(postings) > 2 * SEALED * POSTING then
    local middle = SEALED * POSTING
    local before = positional and positions_before(postings, SEALED + 1, positions) or 0
    local other = next_number(directory)
    local rest = string.sub(postings, middle + 1)
    write_block(terms, term, other, rest, string.sub(positions, before + 1))
    postings, positions = string.sub(postings, 1, middle), string.sub(positions, 1, before)
    entries = entry(rest, other, stamp)
  end
  write_block(terms, term, number, postings, positions)
  if postings ~= '' then
    entries = entry(postings, number, stamp) .. entries
  end
  return string.sub(directory, 1, at) .. entries .. string.sub(directory, at + ENTRY + 1), more
end

-- Moves the postings of a head to the blocks. Returns the directory.
local function move(terms, term, directory, postings, positions, stamp)
  local last = string.len(directory) - ENTRY
  local number = next_number(directory)
  if last >= 0 then
    local _, known, count = struct.unpack('>I3I3I2', directory, last + 1)
    if count + string.len(postings) / POSTING <= SEALED then
      local name = struct.pack('>I3', known) .. term
      local block = redis.call('HMGET', terms, 'b' .. name, 'p' .. name)
      postings, positions = block[1] .. postings, (block[2] or '') .. positions
      count_work(postings, positions)
      number = known
      directory = string.sub(directory, 1, last)
    end
  end
  write_block(terms, term, number, postings, positions)
  return directory .. entry(postings, number, stamp)
end

-- Changes what a term has of a document, whose ordinal is also given as bytes. new is '' when it has the
-- term no more, otherwise '1' when the term is listed in 'words', the posting without ordinal, and positions.
-- Returns the new head and whether the word is new there; or '' when nothing is left, and whether the word
-- was there.
local function post(terms, term, head, ordinal, place_of, new, stamp)
  work = work + 1
  if not head and new ~= '' then
    local lists = string.byte(new) == 49
    return stamp .. (lists and '\1\0\1' or '\0\0\1') .. place_of .. string.sub(new, 2), lists
  end
  local flags, count, all, directory_stamp, from = 0, 0, 0, nil, 0
  local at = 11
  if head then
    local high, low
    flags, high, low = string.byte(head, 8, 10)
    count = high * 256 + low
    at = flags >= HAS_BLOCKS and 25 or 11
  end
  local listed = flags % 2 == LISTED
  local lists = string.byte(new) == 49 and not listed
  -- Mostly it comes last, and fits.
  if new ~= '' and count > 0 and count < MOVED - 1 and not lists
    and ordinal_of(head, at + (count - 1) * POSTING) < ordinal then
    local middle = at + count * POSTING
    return stamp .. string.char(flags, 0, count + 1)
      .. (at == 25 and struct.pack('>I4', struct.unpack('>I4', head, 11) + 1) .. string.sub(head, 15, 24) or '')
      .. string.sub(head, at, middle - 1) .. place_of .. string.sub(new, 2, 3)
      .. string.sub(head, middle) .. string.sub(new, 4), false
  end
  all = count
  if at == 25 then
    all, directory_stamp, from = struct.unpack('>I4c7I3', head, 11)
  end
  local posting = new == '' and '' or place_of .. string.sub(new, 2, 3)
  local own = string.sub(new, 4)
  local postings, positions, more = '', '', 0
  if head then
    postings = string.sub(head, at, at + count * POSTING - 1)
    positions = string.sub(head, at + count * POSTING)
  end
  local directory
  if ordinal < from then
    directory = redis.call('HGET', terms, 'd' .. term)
    directory, more = edit_block(terms, term, directory, ordinal, posting, own, stamp)
  else
    postings, positions, more =
      edit(postings, positions, ordinal, posting, own, string.byte(term) == 116)
    count = count + more
    if count >= MOVED then
      directory = directory_stamp and redis.call('HGET', terms, 'd' .. term) or ''
      directory = move(terms, term, directory, postings, positions, stamp)
      from = ordinal_of(postings, (count - 1) * POSTING + 1) + 1
      postings, positions, count = '', '', 0
    end
  end
  all = all + more
  if directory then
    directory_stamp = directory ~= '' and stamp or nil
    if directory_stamp then
      redis.call('HSET', terms, 'd' .. term, directory)
    else
      redis.call('HDEL', terms, 'd' .. term)
    end
  end
  if all == 0 then
    return '', listed
  end
  flags = ((listed or lists) and LISTED or 0) + (directory_stamp and HAS_BLOCKS or 0)
  local start = stamp .. struct.pack('>I1I2', flags, count)
  if directory_stamp then
    start = start .. struct.pack('>I4', all) .. directory_stamp .. struct.pack('>I3', from)
  end
  return start .. postings .. positions, lists
end

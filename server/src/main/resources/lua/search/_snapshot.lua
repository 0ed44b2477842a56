-- @include search/_index

-- Reads from one moment of a partition: what has changed since another one, heads of terms, blocks and
-- columns, until they have so many bytes. Of arguments: stamp of the other moment or '', bytes, how many
-- sums, heads, blocks and columns; then the names: of sums fields of meta, of heads term and stamp that is
-- known, of blocks and columns fields of their hashes.
local function snapshot(meta, terms, columns, changes, id, revision, asked)
  local other = mismatch(meta, id, revision)
  if other then
    return {2, '', 0, 0, 0, 0}
  end
  local since, left, at = asked[3], tonumber(asked[4]), 9
  local of_meta = redis.call('HMGET', meta, 'stamp', 'hidden')
  local stamp = of_meta[1] or ''
  local changed, reached = {}, stamp == since
  -- Few at first: mostly little has changed.
  local from, to = 0, 31
  while not reached and since ~= '' and from < 1024 do
    local some = redis.call('LRANGE', changes, from, to)
    for _, change in ipairs(some) do
      if string.sub(change, 1, 7) == since then
        reached = true
        break
      end
      changed[#changed + 1] = string.sub(change, 8)
    end
    from, to = #some > to - from and to + 1 or 1024, 1023
  end
  local answer = {1, stamp, reached and 1 or 0, 0, 0, 0, reached and table.concat(changed) or '', of_meta[2] or ''}
  for _ = 1, tonumber(asked[5]) do
    answer[#answer + 1] = redis.call('HGET', meta, asked[at]) or '0'
    at = at + 1
  end
  local function read(part, key, count, knows)
    local step = knows and 2 or 1
    -- Few at first, and then as many as will fit if they are as long: all that is read takes time.
    local first, width = 1, knows and 16 or 2
    while first <= count and left >= 0 do
      local last = math.min(first + width - 1, count)
      local names, bytes = {}, 1
      for i = first, last do
        names[#names + 1] = asked[at + (i - 1) * step]
      end
      local values = redis.call('HMGET', key, unpack(names))
      for i = first, last do
        local value = values[i - first + 1] or ''
        bytes = bytes + string.len(value)
        if knows and value ~= '' and string.sub(value, 1, 7) == asked[at + (i - 1) * step + 1] then
          value = '='
        end
        left = left - string.len(value)
        answer[#answer + 1] = value
        answer[part] = i
        if left < 0 then
          break
        end
      end
      width = math.max(1, math.min(64, math.floor(left * (last - first + 1) / bytes)))
      first = last + 1
    end
    at = at + count * step
  end
  read(4, terms, tonumber(asked[6]), true)
  read(5, terms, tonumber(asked[7]), false)
  read(6, columns, tonumber(asked[8]), false)
  return answer
end

-- Hands entries of a stream with the ids 0-<number> that come after one of them to tell(number, fields),
-- at most so many and, from the second one on, so many bytes of one field; field is its index among the
-- fields. Reads no more than a few it does not hand on. Returns the number of the newest entry or, when
-- entries were handed on, one at least greater than theirs when there are more.
local READ_AT_ONCE = 16

local function read_stream(stream, after, limit, bytes, field, tell)
  local from, newest, told, left = '(0-' .. after, 0, 0, bytes
  local found
  repeat
    found = redis.call('XRANGE', stream, from, '+', 'COUNT', READ_AT_ONCE)
    for i = 1, #found do
      newest = tonumber(string.sub(found[i][1], 3))
      left = left - string.len(found[i][2][field])
      if told == limit or (left < 0 and told > 0) then
        return newest
      end
      told = told + 1
      tell(newest, found[i][2])
    end
    from = #found > 0 and '(' .. found[#found][1]
  until #found < READ_AT_ONCE
  local last = told == 0 and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return last and tonumber(string.sub(last[1], 3)) or newest
end

-- @include config/_group
--
-- What a server needs to have a group as it is now: all of it or, when the log goes back to a
-- revision that it has, what changed since then. The index is a sorted set of the names.
-- Returns the time in ms, the revision, 1 for all or 0 for changes, ms until something ends by itself or
-- -1, and how many changes follow; for each of these its revision, its name, and time in ms, space and
-- author of a deletion or ''; then for each thing its name and the thing or ''.
local function read(values, index, log, since, now, left)
  local group = read_group(values, '')
  local answer = {math.floor(now / 1000), group.revision, 1, left, 0}
  local names, seen = {}, {}
  local first = since
  local entries = {}
  if since ~= '' and since ~= integer(group.revision) then
    entries = redis.call('ZRANGE', log, since, '+inf', 'BYSCORE', 'LIMIT', 0, LOG_LENGTH)
    if not entries[1] or string.match(entries[1], '^%d+') ~= since then
      first = ''
    end
  end
  if first == '' then
    entries = redis.call('ZRANGE', log, 0, LOG_LENGTH - 1)
    names = redis.call('ZRANGE', index, 0, 1999)
  else
    answer[3] = 0
  end
  for _, entry in ipairs(entries) do
    local revision, name, deletion = string.match(entry, '^(%d+) ([^\n]*)\n?(.*)$')
    if revision ~= first then
      answer[#answer + 1] = tonumber(revision)
      answer[#answer + 1] = name
      answer[#answer + 1] = deletion
      answer[5] = answer[5] + 1
      if first ~= '' and not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  if #names > 0 then
    local things = redis.call('HMGET', values, unpack(names))
    for i, name in ipairs(names) do
      answer[#answer + 1] = name
      answer[#answer + 1] = things[i] or ''
    end
  end
  return answer
end

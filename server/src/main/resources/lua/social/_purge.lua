-- @include social/_timeline

-- Ends that an author is followed, and takes its entries out of the timeline. Returns since when it was
-- followed, nil when it was not, and how many entries were taken out.
local function unfollow(following, home, merged, watch, events, author)
  local since = redis.call('ZSCORE', following, author)
  redis.call('ZREM', following, author)
  if redis.call('ZREM', merged, author) == 1 then
    tell(watch, events, 'u', author)
  end
  local ending, gone = ':' .. author, {}
  local entries = redis.call('ZRANGE', home, '-', '+', 'BYLEX', 'LIMIT', 0, 2000)
  for i = 1, #entries do
    if string.sub(entries[i], 20) == ending then
      gone[#gone + 1] = entries[i]
    end
  end
  if #gone > 0 then
    redis.call('ZREM', home, unpack(gone))
    if redis.call('EXISTS', watch) == 1 then
      for i = 1, #gone do
        tell(watch, events, '-', gone[i])
      end
    end
  end
  return since, #gone
end

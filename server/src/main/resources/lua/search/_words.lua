-- @include search/_postings

-- Changes what some terms have of a document, until that has taken as much work as so many terms mostly
-- take. news are as post() takes them; nil when the document has none of the terms any more. Returns how many
-- were changed, one at least.
local function post_words(terms, words, names, news, ordinal, place_of, stamp, most)
  local known = redis.call('HMGET', terms, unpack(names))
  local heads, listed, unlisted, gone = {}, {}, {}, {}
  local begun, done = work, 0
  while done < #names and work - begun < most do
    done = done + 1
    local term = names[done]
    local head, lists =
      post(terms, term, known[done], ordinal, place_of, news and news[done] or '', stamp)
    if head ~= '' then
      heads[#heads + 1] = term
      heads[#heads + 1] = head
    else
      gone[#gone + 1] = term
    end
    if lists and head == '' then
      unlisted[#unlisted + 1] = string.sub(term, 2)
    elseif lists then
      listed[#listed + 1] = 0
      listed[#listed + 1] = string.sub(term, 2)
    end
  end
  if #gone > 0 then
    redis.call('HDEL', terms, unpack(gone))
  end
  if #unlisted > 0 then
    redis.call('ZREM', words, unpack(unlisted))
  end
  if #heads > 0 then
    redis.call('HSET', terms, unpack(heads))
  end
  if #listed > 0 then
    redis.call('ZADD', words, unpack(listed))
  end
  return done
end

-- The same for terms that alternate with what is new of them, from a place of the arguments on.
local function post_pairs(terms, words, arguments, at, place_of, stamp, most)
  local names, news = {}, {}
  for i = at, #arguments, 2 do
    names[#names + 1] = arguments[i]
    news[#news + 1] = arguments[i + 1]
  end
  if #names == 0 then
    return 0, names
  end
  local ordinal = ordinal_of(place_of, 1)
  return post_words(terms, words, names, news, ordinal, place_of, stamp, most or math.huge), names
end

-- Says which entries a profile does not have.
--
-- Reads only.
--
-- KEYS[1] posts
-- ARGV[1..] entries
--
-- Returns {(entry: text)…}.
local posts = KEYS[1]
local entries = ARGV

local missing = {}
local found = redis.call('ZMSCORE', posts, unpack(entries))
for i = 1, #entries do
  if not found[i] then
    missing[#missing + 1] = entries[i]
  end
end
return missing

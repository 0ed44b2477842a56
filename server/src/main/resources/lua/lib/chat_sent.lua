-- @include lib/integer
--
-- Ids given with messages. Two hashes take turns: one takes new ids for 10 minutes or up to 10,000,
-- then the older one is emptied and takes its place. So each is known for at least that long, and at
-- most twice as much is kept. The head says under 'sent' which one it is and since when.

local SENT = 10000
local SENT_MS = 600000

-- What was remembered of an id: number, ms, digest; nil when nothing.
local function sent_before(sent, field)
  local known = redis.call('HGET', sent[1], field) or redis.call('HGET', sent[2], field)
  return string.match(known or '', '^(%d+) (%d+) (.*)$')
end

local function remember_sent(head, sent, field, now, number, digest)
  local turn, since = string.match(redis.call('HGET', head, 'sent') or '', '^(%d) (%d+)$')
  local key = sent[tonumber(turn or 0) + 1]
  if not turn or now >= tonumber(since) + SENT_MS or redis.call('HLEN', key) >= SENT then
    turn = turn == '0' and 1 or 0
    key = sent[turn + 1]
    redis.call('UNLINK', key)
    redis.call('HSET', head, 'sent', turn .. ' ' .. integer(now))
  end
  redis.call('HSET', key, field, integer(number) .. ' ' .. integer(now) .. ' ' .. digest)
  redis.call('PEXPIRE', key, 2 * SENT_MS)
end

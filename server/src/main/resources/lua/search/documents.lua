-- Reads documents, as many as fit.
--
-- Reads only.
--
-- KEYS[1] meta
-- KEYS[2] documents
-- ARGV[1] id of the index
-- ARGV[2] revision of the index
-- ARGV[3] bytes to read, at least one document
-- ARGV[4..] ids of the documents
--
-- Returns {outcome: integer, none: bytes} or {outcome: integer, none: bytes, (document: bytes)…}: outcome
-- 2 when the index is another; a document that does not exist is ''.
--
-- @include search/_index
local meta, documents = KEYS[1], KEYS[2]
local id, revision, left, ids = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV

local other = mismatch(meta, id, revision)
if other then
  return other
end
local answer = {1, ''}
for i = 4, #ids do
  local document = redis.call('HGET', documents, ids[i]) or ''
  -- Of one that is deflated its length before that.
  local deflated = string.byte(document, 27) == 1
  left = left - (deflated and struct.unpack('>I4', document, 28) or string.len(document))
  if left < 0 and i > 4 then
    break
  end
  answer[#answer + 1] = document
end
return answer

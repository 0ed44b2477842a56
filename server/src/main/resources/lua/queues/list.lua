-- Lists tasks that are in one state.
--
-- KEYS[1] meta
-- KEYS[2] tasks
-- KEYS[3] ready
-- KEYS[4] delayed
-- KEYS[5] leased
-- KEYS[6] parked
-- KEYS[7] dead
-- KEYS[8] done
-- KEYS[9] finished
-- KEYS[10] waiters
-- ARGV[1] state: R ready, Y delayed, L leased, X dead, D done
-- ARGV[2] score of the task after which to begin, '' for the first
-- ARGV[3] id of that task
-- ARGV[4] how many at most
--
-- Returns {more: flag, (id: text, score: real, state: text, record: bytes, payload: bytes, history:
-- text, errors: bytes, progress: text, time ms: real)…}: whether there may be more; then each task as
-- queues/_view tells about it, without long payloads.
--
-- @include queues/_now
-- @include queues/_view
local q = open_queue(KEYS)
local state, score, id, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local MOST_BYTES = 1048576
bring_up_to_date(q)
local answer, bytes = {0}, 0
local listed = page(sorted(q, state), score, id, most)
answer[1] = #listed / 2 == most and 1 or 0
for i = 1, #listed, 2 do
  if bytes > MOST_BYTES then
    answer[1] = 1
    break
  end
  answer[#answer + 1] = listed[i]
  answer[#answer + 1] = listed[i + 1]
  for _, part in ipairs(view(q, listed[i], false)) do
    bytes = bytes + #part
    answer[#answer + 1] = part
  end
end
return answer

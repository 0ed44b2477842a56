-- @include queues/_catch_up
--
-- A queue as it is now, for those who only look at it: what time has done to it is done first, so
-- that all of them see the same.

local ROUNDS = 5

local function bring_up_to_date(q)
  for _ = 1, ROUNDS do
    if catch_up(q) > q.ms then
      break
    end
  end
  if q.caught_up then
    save_queue(q)
  end
end

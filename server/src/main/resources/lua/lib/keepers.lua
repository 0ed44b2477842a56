-- The keepers of a grant: the calls that were granted it and have not ended in vain, split by commas.
-- A call that ends in vain, because it was cancelled or its answer came too late, leaves the keepers,
-- and the last one to leave gives the grant back. One that was answered stays, so that no repetition
-- takes the grant from it. '-' is for nobody: the grant stays until its lease ends or its token gives
-- it back. So it does when there are more than 32.

local KEEPERS = 32

local function is_keeper(keepers, call)
  return string.find(',' .. keepers .. ',', ',' .. call .. ',', 1, true) ~= nil
end

local function with_keeper(keepers, call)
  if keepers == '-' or is_keeper(keepers, call) then
    return keepers
  end
  local _, commas = string.gsub(keepers, ',', ',')
  return commas + 1 < KEEPERS and keepers .. ',' .. call or '-'
end

-- Those that stay when a keeper leaves; nil when none does.
local function without_keeper(keepers, call)
  local others = {}
  for keeper in string.gmatch(keepers, '[^,]+') do
    if keeper ~= call then
      others[#others + 1] = keeper
    end
  end
  return others[1] and table.concat(others, ',')
end

-- A whole number as text. tostring would turn a large one into 1.7e+15.
local function integer(number)
  return string.format('%.0f', number)
end

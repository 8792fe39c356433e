-- fair.py, word for word.
local function whose(place, weights)
  for one, weight in ipairs(weights) do
    if place < weight then return one end
    place = place - weight
  end
end

local function fair(left, wanted, weights, turn)
  local sum, weight, order, got = 0, 0, {}, {}
  for one, letters in ipairs(wanted) do
    sum, weight, got[one] = sum + letters, weight + weights[one], 0
    order[one] = one
  end
  if sum <= left then return wanted end
  local begin = whose(turn % weight, weights)
  table.sort(order, function(a, b)
    local one, other = wanted[a] / weights[a], wanted[b] / weights[b]
    return one < other or (one == other and a < b)
  end)
  local rest, modest = left, 1
  while wanted[order[modest]] * weight <= rest * weights[order[modest]] do
    local one = order[modest]
    got[one], rest, weight, modest = wanted[one], rest - wanted[one], weight - weights[one], modest + 1
  end
  local shared = 0
  for place = modest, #order do
    local one = order[place]
    got[one] = math.floor(rest * weights[one] / weight)
    shared = shared + got[one]
  end
  rest = rest - shared
  for step = 0, #wanted - 1 do
    local one = (begin - 1 + step) % #wanted + 1
    if rest > 0 and got[one] < wanted[one] then
      got[one], rest = got[one] + 1, rest - 1
    end
  end
  return got
end

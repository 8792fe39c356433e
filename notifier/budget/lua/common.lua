-- What the scripts share; the numbers in capitals are put before it.
-- A row is a hash: `tokens` and `at` are its bucket (an account has a `peak` too); `window`, `seen`, `since`, `accepted`
-- and `slowed` its window, as in window.py. A time is in seconds.

-- Redis' own clock, so the workers' clocks do not matter; a test brings its own.
local function moment(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function text(number)
  return string.format('%.17g', number)
end

local function window_at(size, seen, now)
  if not size then return false end
  local grown = tonumber(size) + math.max(0, now - tonumber(seen)) * FORGETS_PER_S
  return grown < LIMIT and grown
end

local function slowed(rate, window)
  if not window then return rate end
  return math.max(rate * window / LIMIT, math.min(rate, TRICKLE_PER_S))
end

local function filled(tokens, at, rate, most, now)
  if not tokens then return most end
  return math.min(most, tonumber(tokens) + math.max(0, now - tonumber(at)) * rate)
end

-- Tells every worker, with its next question, that the list of slowed groups is another.
local function change(account, now)
  redis.call('HSET', account, 'version', text(now) .. ':' .. redis.call('HINCRBY', account, 'changes', 1))
end

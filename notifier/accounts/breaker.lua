-- LocalBreaker, word for word. KEYS: the account's circuit.
-- ARGV: the time ('' for Redis' own), what is said or asked, seconds open at first, faults in a row, longest, probe, kept.
-- Gives {open, refused, wait}; what is said gives {1, …} only where it opened the circuit.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local what, first, most = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local row = redis.call('HMGET', KEYS[1], 'faults', 'open', 'until', 'probed', 'refused')
local faults, open = tonumber(row[1] or 0), tonumber(row[2] or 0)
local ends, probed, refused = tonumber(row[3] or 0), tonumber(row[4] or 0), tonumber(row[5] or 0)

local function text(number) return string.format('%.17g', number) end

local function opened(seconds, is_refused)
  seconds = math.min(seconds, most)
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'faults', faults, 'open', text(seconds), 'until', text(now + seconds), 'refused', is_refused)
  redis.call('EXPIRE', KEYS[1], ARGV[7])
  return {1, is_refused, text(seconds)}
end

if what == 'up' then
  redis.call('DEL', KEYS[1])
elseif what == 'refused' then
  return opened(most, 1)
elseif what == 'fault' then
  if open > 0 and now >= ends then return opened(2 * open, 0) end
  if open == 0 then
    faults = faults + 1
    if faults >= tonumber(ARGV[4]) then return opened(first, 0) end
    redis.call('HSET', KEYS[1], 'faults', faults)
    redis.call('EXPIRE', KEYS[1], ARGV[7])
  end
else
  local wait = open > 0 and math.max(0, ends - now, probed - now) or 0
  if what == 'ask' and open > 0 and wait == 0 then
    redis.call('HSET', KEYS[1], 'probed', text(now + tonumber(ARGV[6])))
  end
  return {open > 0 and 1 or 0, refused, text(wait)}
end
return {0, 0, '0'}

-- KEYS: the account, its slowed groups, then the row of each group that was heard of (for '' the account's).
-- ARGV: the time, seconds to keep, then of each group: name, rate, accepted, slowed.
local now = moment(ARGV[1])
local changed = false
for i = 3, #KEYS do
  local at = 3 + (i - 3) * 4
  local group, rate = ARGV[at], tonumber(ARGV[at + 1])
  local accepted, refused = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local row = redis.call('HMGET', KEYS[i], 'window', 'seen', 'lowered', 'floor')
  local window = window_at(row[1], row[2], now)
  local lowered, floor = row[3], row[4]
  if not window and refused > 0 then
    window, lowered, floor = START, text(now), text(START / 2)
    -- The letters that made the server ask for less have left: what comes next begins at nothing.
    if group ~= '' and redis.call('HSETNX', KEYS[i], 'tokens', '0') == 1 then
      redis.call('HSET', KEYS[i], 'at', text(now))
    end
  elseif window then
    local by = (accepted - WEIGHT * refused) / math.max(1, window)
    if by >= 0 then
      window = window + math.min(by, math.max(0, now - tonumber(row[2])) * GROWS_PER_S)
    else
      if now - tonumber(lowered) >= 1 then lowered, floor = text(now), text(window / 2) end
      window = math.max(tonumber(floor), math.min(LIMIT, LIMIT * TRICKLE_PER_S / rate), window + by)
    end
  end
  if window and window < LIMIT then
    redis.call('HSET', KEYS[i], 'window', text(window), 'seen', text(now), 'lowered', lowered, 'floor', floor)
    redis.call('EXPIRE', KEYS[i], ARGV[2])
    local ends = now + (LIMIT - window) / FORGETS_PER_S
    if redis.call('ZADD', KEYS[2], text(ends), group) == 1 then changed = true end
  else
    redis.call('HDEL', KEYS[i], 'window', 'seen', 'lowered', 'floor')
    if redis.call('ZREM', KEYS[2], group) == 1 then changed = true end
  end
end
if changed then change(KEYS[1], now) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])

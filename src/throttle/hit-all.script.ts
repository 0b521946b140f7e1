/**
 * The same sum as `judge` for every window of one key, in one step and by one clock: Redis's. One hash holds the
 * windows, each under its length, for twice the longest. Counts in all of them or, when one is full, in none.
 * ARGV: 1 to count or 0, then length and limit of each window. Answers refused (0 or 1), hits, ms to retry and ms
 * to the window's end of each.
 */
export const HIT_ALL_SCRIPT = `
local isCounted = ARGV[1] == '1'
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local answers, writes = {}, {}
local isAnyRefused, longestMs = false, 0
for index = 2, #ARGV, 2 do
  local windowMs, limit = tonumber(ARGV[index]), tonumber(ARGV[index + 1])
  local window, elapsedMs = math.floor(nowMs / windowMs), nowMs % windowMs
  local resetInMs = windowMs - elapsedMs
  local name = ARGV[index] .. ':'
  local counts = redis.call('HMGET', KEYS[1], name .. 'window', name .. 'current', name .. 'previous')
  local known, current, previous = tonumber(counts[1]), tonumber(counts[2]), tonumber(counts[3])
  if known ~= window then
    previous = known == window - 1 and current or 0
    current = 0
  end
  local weighted = previous * (resetInMs / windowMs) + current
  local isRefused, retryInMs = 0, 0
  if weighted + 1 > limit then
    isRefused, isAnyRefused = 1, true
    local function toWaitMs(count, room)
      return count <= room and 0 or math.ceil(windowMs * (1 - room / count))
    end
    retryInMs = resetInMs + toWaitMs(current, limit - 1)
    if current + 1 <= limit then
      retryInMs = toWaitMs(previous, limit - current - 1) - elapsedMs
    end
    retryInMs = math.max(retryInMs, 1)
  end
  for _, value in ipairs({ isRefused, math.floor(weighted) + 1, retryInMs, resetInMs }) do
    answers[#answers + 1] = value
  end
  local fields = { name .. 'window', window, name .. 'current', current + 1, name .. 'previous', previous }
  for _, value in ipairs(fields) do
    writes[#writes + 1] = value
  end
  longestMs = math.max(longestMs, windowMs)
end
if isCounted and not isAnyRefused then
  redis.call('HSET', KEYS[1], unpack(writes))
  redis.call('PEXPIRE', KEYS[1], 2 * longestMs)
end
return answers
`;

/** Numbers of each window in the script's answer. */
export const NUMBERS_A_WINDOW = 4;

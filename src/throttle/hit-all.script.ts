/**
 * The same sum as `judge` for every window of each key, in one step and by one clock: Redis's. One hash holds the
 * windows of a key, each under its length, for twice the longest. Counts in all windows of a key or, when one is full,
 * in none; a key that is named twice is counted twice, in order.
 * ARGV, for each key: 1 to count or 0, the number of its windows, then length and limit of each. Answers refused (0 or
 * 1), hits, ms to retry and ms to the window's end of each window, key after key.
 */
export const HIT_ALL_SCRIPT = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local answers, at = {}, 1
for _, key in ipairs(KEYS) do
  local isCounted, last = ARGV[at] == '1', at + 1 + 2 * tonumber(ARGV[at + 1])
  local writes, isAnyRefused, isAnyNew, longestMs = {}, false, false, 0
  for index = at + 2, last, 2 do
    local windowMs, limit = tonumber(ARGV[index]), tonumber(ARGV[index + 1])
    local window, elapsedMs = math.floor(nowMs / windowMs), nowMs % windowMs
    local resetInMs = windowMs - elapsedMs
    local name = ARGV[index] .. ':'
    local counts = redis.call('HMGET', key, name .. 'window', name .. 'current', name .. 'previous')
    local known, current, previous = tonumber(counts[1]), tonumber(counts[2]), tonumber(counts[3])
    if known ~= window then
      previous = known == window - 1 and current or 0
      current = 0
      isAnyNew = true
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
    redis.call('HSET', key, unpack(writes))
    -- Twice a window from its first hit is to the end of the next one, which is as long as it is asked for.
    if isAnyNew then redis.call('PEXPIRE', key, 2 * longestMs) end
  end
  at = last + 1
end
return answers
`;

/** Numbers of each window in the script's answer. */
export const NUMBERS_A_WINDOW = 4;

/** When the requests of an evenly paced load are due. */

const MS_PER_S = 1_000;

/**
 * @param {number} index from 0
 * @param {number} perSecond
 * @returns {number} ms after the start at which this request is due, however late the ones before were
 */
export function toDueMs(index, perSecond) {
  return (index * MS_PER_S) / perSecond;
}

/** @returns {number} how many requests are due by this time after the start, the first one at 0 */
export function countDue(elapsedMs, perSecond) {
  return elapsedMs < 0 ? 0 : Math.floor((elapsedMs * perSecond) / MS_PER_S) + 1;
}

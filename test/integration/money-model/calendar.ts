/** Periods of budgets, worked out without the database: what its own answers are compared with. */

export type PeriodName = 'day' | 'week' | 'month' | 'total' | '5h' | '1d' | '7d';

/** Milliseconds since 1970; `end` null = never. */
export interface Span {
  start: number;
  end: number | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS: Readonly<Partial<Record<PeriodName, number>>> = {
  '5h': 5 * HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
};
/** 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const clocks = new Map<string, Intl.DateTimeFormat>();

export function isWindow(period: PeriodName): boolean {
  return WINDOW_MS[period] !== undefined;
}

export function isCalendar(period: PeriodName): boolean {
  return period === 'day' || period === 'week' || period === 'month';
}

/** The period around a moment; a spend window begins at the moment itself. */
export function findSpan(period: PeriodName, zone: string, at: number): Span {
  const windowMs = WINDOW_MS[period];
  if (windowMs !== undefined) return { start: at, end: at + windowMs };
  if (!isCalendar(period)) return { start: at, end: null };
  const [first, next] = findLocalDays(period, at + readOffsetMs(zone, at));
  return { start: toInstant(zone, first), end: toInstant(zone, next) };
}

/** First day of the period and of the next, as if local time were UTC. */
function findLocalDays(period: PeriodName, local: number): [number, number] {
  const day = Math.floor(local / DAY_MS) * DAY_MS;
  if (period === 'day') return [day, day + DAY_MS];
  if (period === 'week') {
    const intoWeek = (day - FIRST_MONDAY_MS) % (7 * DAY_MS);
    return [day - intoWeek, day - intoWeek + 7 * DAY_MS];
  }
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
}

/**
 * The moment at which clocks show this. Where they skip it, the one that the time before would give; where they show
 * it twice, the second.
 */
function toInstant(zone: string, local: number): number {
  const [before, after] = [local - DAY_MS, local + DAY_MS].map((at) => readOffsetMs(zone, at));
  const later = local - after!;
  return readOffsetMs(zone, later) === after ? later : local - before!;
}

/** How far the zone's clocks are ahead of UTC. */
function readOffsetMs(zone: string, at: number): number {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const shown = new Map(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const read = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0;
  const local = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return local - Math.floor(at / 1_000) * 1_000;
}

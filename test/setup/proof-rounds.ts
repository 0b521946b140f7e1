/** What `npm run proof` asks for, unless told otherwise. */
const ROUNDS_WHOLE = 20;

/** How often each long proof runs: once among the other tests, PROOF_ROUNDS times with `npm run proof`. */
export function proofRounds(): readonly number[] {
  return toNumbers(readRounds() ?? 1);
}

/** So much of a long proof as PROOF_ROUNDS is of 20; `least` among the other tests, and never less. */
export function proofShare({ whole, least }: { whole: number; least: number }): number {
  const rounds = readRounds();
  return rounds === null ? least : Math.max(least, Math.ceil((whole * rounds) / ROUNDS_WHOLE));
}

/** 1, 2, 3… */
export function toNumbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function readRounds(): number | null {
  if (process.env.PROOF_ROUNDS === undefined) return null;
  const count = Number(process.env.PROOF_ROUNDS);
  if (!Number.isInteger(count) || count < 1) throw new Error('PROOF_ROUNDS must be 1 or more');
  return count;
}

/** Whether `npm run proof` runs: then nothing is left out. */
export function isWholeProof(): boolean {
  return readRounds() !== null;
}

/** The same histories each time among the other tests, so that a failure is the change's; new ones by `npm run proof`. */
export function toSeed(): { seed?: number } {
  return isWholeProof() ? {} : { seed: 20_261_121 };
}

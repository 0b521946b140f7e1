/** How often each long proof runs: once among the other tests, PROOF_ROUNDS times with `npm run proof`. */
export function proofRounds(): readonly number[] {
  const count = Number(process.env.PROOF_ROUNDS ?? 1);
  if (!Number.isInteger(count) || count < 1) throw new Error('PROOF_ROUNDS must be 1 or more');
  return Array.from({ length: count }, (_, index) => index + 1);
}

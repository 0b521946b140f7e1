/** What a pattern is a sign of. */
export type RiskFamily =
  | 'override'
  | 'extraction'
  | 'jailbreak'
  | 'secrets'
  | 'sql'
  | 'shell'
  | 'script'
  | 'encoding'
  | 'structure';

/** Points of one match, in percent: unmistakable, suspicious, or weak on its own. */
export const SEVERITY = { high: 80, medium: 50, low: 30 } as const;
export type Severity = keyof typeof SEVERITY;

/** One way in which prompts attack, as it reads after `toPlainForm`. */
export interface RiskPattern {
  /** As audit records and logs name it. */
  name: string;
  family: RiskFamily;
  severity: Severity;
  /**
   * Groups of tokens; the form is looked for in texts that hold at least one token of every group, and every text that
   * it matches does. A token is a whole run of the letters a–z, in lower case, or one other ASCII sign. No group: the
   * form is looked for wherever there are letters of other scripts than Latin.
   */
  tokens: readonly (readonly string[])[];
  /**
   * Global and, where the script has capitals, case-insensitive; every repetition in it is bounded, so that its cost is linear in the text. A multiline
   * form sees the lines as they are, any other sees all white space as single spaces.
   */
  form: RegExp;
}

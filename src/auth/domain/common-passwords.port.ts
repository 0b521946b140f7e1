/** The passwords that everybody tries first; bundled with the service. Port and injection token. */
export abstract class CommonPasswords {
  /** @param password normalised; letter case does not matter */
  abstract has(password: string): boolean;
}

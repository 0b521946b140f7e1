/** Asks for the addresses of a host name. Port and injection token, so that tests can lie like a hostile DNS. */
export abstract class HostResolver {
  /**
   * @param hostname a name, never an address.
   * @returns every address, in the order of preference; empty = none.
   * @throws any error when the name is not known. May be repeated.
   */
  abstract resolve(hostname: string): Promise<string[]>;
}

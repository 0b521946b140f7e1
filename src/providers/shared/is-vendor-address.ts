/**
 * Whether a URL that a vendor named may be sent its credential: at the connection's own origin, or, with a connection
 * to the vendor itself, over https at another host of the vendor's.
 * @param domain the vendor's own, as `bfl.ai`
 */
export function isVendorAddress(url: string, baseUrl: string, domain: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(baseUrl)) return false;
  const [to, base] = [new URL(url), new URL(baseUrl)];
  if (to.username !== '' || to.password !== '') return false;
  if (to.origin === base.origin) return true;
  return isOf(to, domain) && isOf(base, domain);
}

/** Whether a picture that goes in may be sent, without a credential, to where a vendor says: at the connection's own origin or over https. */
export function isUploadAddress(url: string, baseUrl: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(baseUrl)) return false;
  const to = new URL(url);
  if (to.username !== '' || to.password !== '') return false;
  return to.protocol === 'https:' || to.origin === new URL(baseUrl).origin;
}

function isOf({ protocol, hostname, port }: URL, domain: string): boolean {
  const isHost = hostname === domain || hostname.endsWith(`.${domain}`);
  return protocol === 'https:' && port === '' && isHost;
}

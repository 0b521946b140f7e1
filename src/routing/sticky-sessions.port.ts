/** Life of a stick, from its last use. */
export const STICK_TTL_S = 3_600;

/**
 * Which connection a conversation is held to. Best effort: when the store is away nothing is found and nothing kept.
 * In the process, or with `REDIS_URL` for all processes. Port and injection token.
 */
export abstract class StickySessions {
  /** Id of the connection, for another STICK_TTL_S; null = none. Never throws. */
  abstract find(key: string): Promise<string | null>;

  /** Holds it to this connection for STICK_TTL_S, whatever was before. Never throws. */
  abstract keep(key: string, connectionId: string): Promise<void>;

  /** It is held to nothing any more. Never throws. */
  abstract forget(key: string): Promise<void>;
}

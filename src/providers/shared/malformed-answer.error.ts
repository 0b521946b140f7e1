/** The vendor's answer is not what its protocol says. The message is for the log, never for the caller. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';
}

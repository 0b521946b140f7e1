export const REDACTED = '[redacted]';

/**
 * What begins as a JWT, to its end: a form that asked for its parts would look at a text of many beginnings once for
 * each, and a host that answers so would hold the process for seconds.
 */
const TOKEN_FORM = /\beyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*/g;
const TOKEN_PARTS_MIN = 3;

/** Shapes of secrets that must not reach a log or an answer: our keys, vendor keys, bearer tokens. */
const SECRET_FORMS = [
  /\batl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}/g,
  /\bsk-[A-Za-z0-9*_-]{8,}/g,
  /\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9*_]{8,}/g,
  /\b(?:[Bb]earer)\s+[A-Za-z0-9._~+/-]{16,}=*/g,
  /(?<=:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g,
];

/** Takes secrets out of a text that came from outside, before it is logged. */
export function redact(text: string): string {
  const clean = text.replace(TOKEN_FORM, (found) =>
    found.split('.').length < TOKEN_PARTS_MIN ? found : REDACTED,
  );
  return SECRET_FORMS.reduce((cleaner, form) => cleaner.replace(form, REDACTED), clean);
}

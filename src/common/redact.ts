export const REDACTED = '[redacted]';

/** Shapes of secrets that must not reach a log or an answer: our keys, vendor keys, bearer tokens, JWTs. */
const SECRET_FORMS = [
  /\batl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}/g,
  /\bsk-[A-Za-z0-9*_-]{8,}/g,
  /\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9*_]{8,}/g,
  /\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g,
  /\b(?:[Bb]earer)\s+[A-Za-z0-9._~+/-]{16,}=*/g,
  /(?<=:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g,
];

/** Takes secrets out of a text that came from outside, before it is logged. */
export function redact(text: string): string {
  return SECRET_FORMS.reduce((clean, form) => clean.replace(form, REDACTED), text);
}

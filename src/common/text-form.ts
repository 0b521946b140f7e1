/** One line with something on it: no control characters, and nothing that Postgres cannot store. */
export const LINE_FORM = /^(?=.*\S)[^\p{Cc}\p{Cs}\u2028\u2029]+$/u;
export const LINE_MESSAGE = '$property must be one line of text, not blank';

/** Any text that the database can store: no NUL, and no half of a surrogate pair. */
export const TEXT_FORM = /^[^\0\p{Cs}]*$/u;
export const TEXT_MESSAGE = '$property must not hold NUL characters or broken surrogate pairs';

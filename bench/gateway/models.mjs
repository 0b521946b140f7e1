/** The models that the cases name; by them the mock vendor knows what to answer. All are listed and priced. */
export const FAST_MODEL = 'gpt-5.4-nano';
export const SLOW_MODEL = 'gpt-5.4-mini';
export const PICTURE_CHAT_MODEL = 'gpt-5.5';
export const IMAGE_MODEL = 'gpt-image-1.5';
export const EMBEDDING_MODEL = 'text-embedding-3-small';

export const SLOW_MS = 60;

/** As JSON, 2 MB: 708 × 708 × 3 bytes in base64. */
export const ANSWER_SIDE_PX = 708;
/** As a file, 2 MB. */
export const FILE_SIDE_PX = 816;

/** Every kind of background job; what a job is about is told by its id alone, a row in the database. */
export const JOB_NAMES = ['generations.run', 'spaces.delete'] as const;

export type JobName = (typeof JOB_NAMES)[number];

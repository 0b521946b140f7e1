/** What a list of audit events is narrowed to; undefined = anything. */
export interface AuditFilter {
  searchSpaceId?: string;
  action?: string;
  actorUserId?: string;
  targetType?: string;
  targetId?: string;
  /** From this moment on, inclusive. */
  from?: Date;
  /** Before this moment. */
  until?: Date;
}

import { ApiProperty } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import type { Page } from '../../common/page.js';
import type { Session } from '../domain/session.js';

export class SessionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'The login, or the newest refresh',
  })
  last_used_at: string;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' })
  address: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What the client called itself',
    example: 'curl/8.5.0',
  })
  user_agent: string | null;

  @ApiProperty({ type: Boolean, description: 'Whether it is the one that asks' })
  is_current: boolean;
}

export class SessionsPageResponse implements Page<SessionResponse> {
  @ApiProperty({ type: [SessionResponse] })
  data: SessionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toSessionResponse(session: Session, caller: Caller): SessionResponse {
  return {
    id: session.id,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    address: session.address,
    user_agent: session.userAgent,
    is_current: session.id === caller.sessionId,
  };
}

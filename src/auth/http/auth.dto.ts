import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength, MinLength } from 'class-validator';
import type { Caller } from '../../common/caller.js';
import { SCOPES, type Scope } from '../../common/permission.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PASSWORD_LENGTH_MAX } from '../domain/password.js';
import type { TokenPair } from '../domain/session.js';

const EMAIL_LENGTH_MAX = 254;
/** UTF-16 units: a password of the greatest length in letters outside the BMP still passes. */
const PASSWORD_UNITS_MAX = 2 * PASSWORD_LENGTH_MAX;
const REFRESH_TOKEN_LENGTH_MAX = 200;
const NAME_LENGTH_MAX = 100;

export class LoginDto {
  @ApiProperty({ type: String, example: 'operator@atelier.local' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(EMAIL_LENGTH_MAX)
  email: string;

  @ApiProperty({ type: String, format: 'password', example: 'correct horse battery staple' })
  @IsString()
  @MinLength(1)
  @MaxLength(PASSWORD_UNITS_MAX)
  password: string;
}

export class RefreshDto {
  @ApiProperty({ type: String, example: 'Zk3…' })
  @IsString()
  @MinLength(1)
  @MaxLength(REFRESH_TOKEN_LENGTH_MAX)
  refresh_token: string;
}

export class UpdateMeDto {
  @ApiProperty({ type: String, example: 'Ada Lovelace' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;
}

export class TokenPairResponse {
  @ApiProperty({ type: String, example: 'eyJhbGciOiJIUzI1NiJ9…' })
  access_token: string;

  @ApiProperty({
    type: String,
    description: 'Works once: each refresh answers a new one',
    example: 'Zk3…',
  })
  refresh_token: string;

  @ApiProperty({ type: String, enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ type: Number, description: 'Life of the access token in seconds', example: 900 })
  expires_in: number;
}

export class MeResponse {
  @ApiProperty({ type: String, enum: ['user', 'api_key'] })
  kind: Caller['kind'];

  @ApiProperty({ type: String, format: 'uuid', description: 'Id of the user or of the key' })
  id: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    description: "The user who acts: the session's, or the key's maker",
  })
  user_id: string;

  @ApiProperty({ type: String, description: 'Name of the user or of the key', example: 'Ada' })
  name: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null for a key',
    example: 'ada@example.com',
  })
  email: string | null;

  @ApiProperty({ type: Boolean })
  is_operator: boolean;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The only space a key works in; null for a session',
  })
  search_space_id: string | null;

  @ApiProperty({
    type: String,
    enum: SCOPES,
    isArray: true,
    nullable: true,
    description: 'Null for a session, which only its roles narrow',
  })
  scopes: readonly Scope[] | null;
}

export function toTokenPairResponse(pair: TokenPair): TokenPairResponse {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'Bearer',
    expires_in: pair.expiresInS,
  };
}

export function toMeResponse(
  caller: Caller,
  who: { name: string; email: string | null },
): MeResponse {
  return {
    kind: caller.kind,
    id: caller.id,
    user_id: caller.userId,
    name: who.name,
    email: who.email,
    is_operator: caller.isOperator,
    search_space_id: caller.boundSpaceId,
    scopes: caller.scopes,
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../domain/password.js';
import type { IssuedReset } from '../user-administration.service.js';

/** UTF-16 units: a password of the greatest length in letters outside the BMP still passes. */
const PASSWORD_UNITS_MAX = 2 * PASSWORD_LENGTH_MAX;
const RESET_TOKEN_LENGTH_MAX = 200;
const NEW_PASSWORD = `At least PASSWORD_LENGTH_MIN (${PASSWORD_LENGTH_MIN}) and at most ${PASSWORD_LENGTH_MAX} characters of any kind, none of the common ones`;

export class ChangePasswordDto {
  @ApiProperty({ type: String, format: 'password', example: 'correct horse battery staple' })
  @IsString()
  @MinLength(1)
  @MaxLength(PASSWORD_UNITS_MAX)
  current_password: string;

  @ApiProperty({
    type: String,
    format: 'password',
    description: NEW_PASSWORD,
    example: 'another horse, the same staple',
  })
  @IsString()
  @MaxLength(PASSWORD_UNITS_MAX)
  new_password: string;
}

export class RedeemResetDto {
  @ApiProperty({ type: String, example: 'Zk3…' })
  @IsString()
  @MinLength(1)
  @MaxLength(RESET_TOKEN_LENGTH_MAX)
  token: string;

  @ApiProperty({
    type: String,
    format: 'password',
    description: NEW_PASSWORD,
    example: 'another horse, the same staple',
  })
  @IsString()
  @MaxLength(PASSWORD_UNITS_MAX)
  password: string;
}

export class IssuedResetResponse {
  @ApiProperty({
    type: String,
    description: 'Works once. It is shown this once and not kept; hand it to the user',
    example: 'Zk3…',
  })
  reset_token: string;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at: string;
}

export function toIssuedResetResponse({ token, expiresAt }: IssuedReset): IssuedResetResponse {
  return { reset_token: token, expires_at: expiresAt.toISOString() };
}

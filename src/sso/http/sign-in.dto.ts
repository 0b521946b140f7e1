import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import type { TokenPair } from '../../auth/domain/session.js';
import type { IdentityProvider } from '../domain/identity-provider.js';

const CODE_FORM = /^[A-Za-z0-9_-]{43}$/;

export class SignInOptionResponse {
  @ApiProperty({ type: String, example: 'corporate' })
  slug: string;

  @ApiProperty({ type: String, example: 'Corporate account' })
  name: string;

  @ApiProperty({
    type: String,
    description: 'Where a browser begins; takes return_to',
    example: 'https://atelier.example.com/api/v1/auth/oidc/corporate/start',
  })
  start_url: string;
}

export class SignInOptionsResponse {
  @ApiProperty({ type: [SignInOptionResponse] })
  data: SignInOptionResponse[];
}

export class ExchangeCodeDto {
  @ApiProperty({
    type: String,
    description: 'The code that the sign-in led back with; works once, for a minute',
    example: 'q0Hk1c9VtZ3n0mS6xW2yB8dLr4uPjE7aFgT5oIvKzMs',
  })
  @IsString()
  @Matches(CODE_FORM, { message: '$property must be the code that the sign-in led back with' })
  code: string;
}

export class SignedInResponse {
  @ApiProperty({ type: String, example: 'eyJhbGciOiJIUzI1NiJ9…' })
  access_token: string;

  @ApiProperty({ type: String, description: 'Works once', example: 'Zk3…' })
  refresh_token: string;

  @ApiProperty({ type: String, enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ type: Number, description: 'Life of the access token in seconds', example: 900 })
  expires_in: number;
}

export function toSignInOption(
  { slug, name }: IdentityProvider,
  startUrl: string,
): SignInOptionResponse {
  return { slug, name, start_url: startUrl };
}

export function toSignedInResponse(pair: TokenPair): SignedInResponse {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'Bearer',
    expires_in: pair.expiresInS,
  };
}

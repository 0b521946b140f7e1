import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../domain/password.js';
import { normalizeEmail } from '../domain/email.js';
import type { User, UserChange, UserFilter, UserStatus } from '../domain/user.js';

const EMAIL_LENGTH_MAX = 254;
const NAME_LENGTH_MAX = 100;
const PASSWORD_UNITS_MAX = 2 * PASSWORD_LENGTH_MAX;

export class CreateUserDto {
  @ApiProperty({ type: String, example: 'ada@example.com' })
  @IsString()
  @MaxLength(EMAIL_LENGTH_MAX)
  email: string;

  @ApiProperty({
    type: String,
    format: 'password',
    description: `${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters of any kind`,
    example: 'correct horse battery staple',
  })
  @IsString()
  @MaxLength(PASSWORD_UNITS_MAX)
  password: string;

  @ApiProperty({ type: String, example: 'Ada Lovelace' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'May make users and run the service; sees no space they are no member of',
  })
  @IsOptional()
  @IsBoolean()
  is_operator?: boolean;
}

const USER_STATUSES = ['active', 'disabled'] as const;
/** Left out is fine, null is not: `@IsOptional` would take both. */
const IfSent = (): PropertyDecorator => ValidateIf((_body, value) => value !== undefined);

export class UpdateUserDto {
  @ApiPropertyOptional({ type: String, example: 'Ada Lovelace' })
  @IfSent()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ type: Boolean })
  @IfSent()
  @IsBoolean()
  is_operator?: boolean;

  @ApiPropertyOptional({
    enum: USER_STATUSES,
    description: 'disabled ends the sessions and stops the API keys of the user',
  })
  @IfSent()
  @IsIn(USER_STATUSES)
  status?: UserStatus;
}

export class ListUsersDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: USER_STATUSES })
  @IsOptional()
  @IsIn(USER_STATUSES)
  status?: UserStatus;

  @ApiPropertyOptional({ type: String, description: 'Beginning of the e-mail address' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(EMAIL_LENGTH_MAX)
  query?: string;
}

export class UserResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'ada@example.com' })
  email: string;

  @ApiProperty({ type: String, example: 'Ada Lovelace' })
  name: string;

  @ApiProperty({ type: Boolean })
  is_operator: boolean;

  @ApiProperty({ type: String, enum: ['active', 'disabled'] })
  status: UserStatus;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class UsersPageResponse implements Page<UserResponse> {
  @ApiProperty({ type: [UserResponse] })
  data: UserResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toUserResponse(user: User): UserResponse {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    is_operator: user.isOperator,
    status: user.status,
    created_at: user.createdAt.toISOString(),
  };
}

export function toUserFilter({ status, query }: ListUsersDto): UserFilter {
  return {
    status: status ?? null,
    emailPrefix: query === undefined ? null : normalizeEmail(query),
  };
}

export function toUserChange({ name, is_operator, status }: UpdateUserDto): UserChange {
  return { name, isOperator: is_operator, status };
}

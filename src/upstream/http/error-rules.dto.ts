import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import {
  CUSTOM_MESSAGE_LENGTH_MAX,
  ERROR_CODE_MAX,
  ERROR_CODE_MIN,
  ERROR_CODES_MAX,
  KEYWORD_LENGTH_MAX,
  KEYWORDS_MAX,
  MATCH_MODES,
  type MatchMode,
  RESPONSE_STATUS_MAX,
  RESPONSE_STATUS_MIN,
  RULE_DESCRIPTION_LENGTH_MAX,
  RULE_NAME_LENGTH_MAX,
  RULE_PRIORITY_MAX,
  RULE_PROVIDERS_MAX,
} from '../domain/error-rule.js';
import type { ErrorRuleChanges, NewErrorRule } from '../error-rules.service.js';

const PRIORITY_DEFAULT = 100;
const PROVIDER_LENGTH_MAX = 100;

/** Left out is fine, null is not. */
function IfGiven(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

class NameField {
  @ApiProperty({ type: String, maxLength: RULE_NAME_LENGTH_MAX, example: 'Vendor under repair' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(RULE_NAME_LENGTH_MAX)
  name: string;
}

/** Which failures. */
class MatchFields {
  @ApiPropertyOptional({
    type: [Number],
    maxItems: ERROR_CODES_MAX,
    description: `HTTP statuses of the provider, ${ERROR_CODE_MIN} to ${ERROR_CODE_MAX}`,
    example: [500, 502],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(ERROR_CODES_MAX)
  @ArrayUnique()
  @IsInt({ each: true })
  @Min(ERROR_CODE_MIN, { each: true })
  @Max(ERROR_CODE_MAX, { each: true })
  error_codes?: number[];

  @ApiPropertyOptional({
    type: [String],
    maxItems: KEYWORDS_MAX,
    description: "Found anywhere in the first 8,192 characters of the provider's words, any case",
    example: ['maintenance'],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(KEYWORDS_MAX)
  @IsString({ each: true })
  @Matches(LINE_FORM, { each: true, message: LINE_MESSAGE })
  @MaxLength(KEYWORD_LENGTH_MAX, { each: true })
  keywords?: string[];

  @ApiPropertyOptional({
    type: String,
    enum: MATCH_MODES,
    default: 'any',
    description: 'any: a code or a keyword; all: a code and a keyword, where both lists hold some',
  })
  @IfGiven()
  @IsIn(MATCH_MODES)
  match_mode?: MatchMode;

  @ApiPropertyOptional({
    type: [String],
    maxItems: RULE_PROVIDERS_MAX,
    description: 'Of these alone; empty: of every one',
    example: ['openai'],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(RULE_PROVIDERS_MAX)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(PROVIDER_LENGTH_MAX, { each: true })
  providers?: string[];
}

/** What becomes of them. */
class EffectFields {
  @ApiPropertyOptional({ type: Boolean, default: true })
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: RULE_PRIORITY_MAX,
    default: PRIORITY_DEFAULT,
    description: 'Lower ones are tried first; of the same the older one',
  })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(RULE_PRIORITY_MAX)
  priority?: number;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: RESPONSE_STATUS_MIN,
    maximum: RESPONSE_STATUS_MAX,
    description: "HTTP status of the answer. Null: the provider's own",
    example: 503,
  })
  @IsOptional()
  @IsInt()
  @Min(RESPONSE_STATUS_MIN)
  @Max(RESPONSE_STATUS_MAX)
  response_code?: number | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: CUSTOM_MESSAGE_LENGTH_MAX,
    description: "Null: the provider's own words, without secrets and addresses",
    example: 'The provider is under repair. Try again in an hour.',
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(CUSTOM_MESSAGE_LENGTH_MAX)
  custom_message?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether such failures count neither in figures nor for the breaker',
  })
  @IfGiven()
  @IsBoolean()
  skip_monitoring?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: RULE_DESCRIPTION_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(RULE_DESCRIPTION_LENGTH_MAX)
  description?: string | null;
}

export class ErrorRuleDto extends IntersectionType(NameField, MatchFields, EffectFields) {}

export class UpdateErrorRuleDto extends IntersectionType(
  PartialType(NameField, { skipNullProperties: false }),
  MatchFields,
  EffectFields,
) {}

export function toNewErrorRule(body: ErrorRuleDto): NewErrorRule {
  return {
    name: body.name.trim(),
    isEnabled: body.enabled ?? true,
    priority: body.priority ?? PRIORITY_DEFAULT,
    errorCodes: body.error_codes ?? [],
    keywords: body.keywords ?? [],
    matchMode: body.match_mode ?? 'any',
    providers: body.providers ?? [],
    responseStatus: body.response_code ?? null,
    customMessage: body.custom_message ?? null,
    skipsMonitoring: body.skip_monitoring ?? false,
    description: body.description ?? null,
  };
}

export function toErrorRuleChanges(body: UpdateErrorRuleDto): ErrorRuleChanges {
  const changes: { [Field in keyof ErrorRuleChanges]: ErrorRuleChanges[Field] | undefined } = {
    name: body.name?.trim(),
    isEnabled: body.enabled,
    priority: body.priority,
    errorCodes: body.error_codes,
    keywords: body.keywords,
    matchMode: body.match_mode,
    providers: body.providers,
    responseStatus: body.response_code,
    customMessage: body.custom_message,
    skipsMonitoring: body.skip_monitoring,
    description: body.description,
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../common/text-form.js';
import { IsMoment } from '../http/is-moment.decorator.js';
import { CONSENT_BASES, CONSENT_SUBJECTS, type ConsentStatement } from './domain/try-on.js';

const REFERENCE_CHARS_MAX = 200;

/** By what right a picture of a person goes into a try-on. Kept with the generation, as it was declared. */
export class TryOnConsentDto {
  @ApiProperty({ enum: CONSENT_SUBJECTS, description: 'Whose picture it is' })
  @IsIn(CONSENT_SUBJECTS)
  subject: ConsentStatement['subject'];

  @ApiProperty({ enum: CONSENT_BASES, description: 'synthetic: nobody who lives is shown' })
  @IsIn(CONSENT_BASES)
  basis: ConsentStatement['basis'];

  @ApiPropertyOptional({
    type: String,
    maxLength: REFERENCE_CHARS_MAX,
    example: 'release-2026-114',
    description: 'Where the proof is found',
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(REFERENCE_CHARS_MAX)
  reference?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-11-02T09:30:00Z' })
  @IsOptional()
  @IsMoment()
  obtained_at?: string;
}

export function toConsentStatement(body: TryOnConsentDto): ConsentStatement {
  return {
    subject: body.subject,
    basis: body.basis,
    reference: body.reference ?? null,
    obtainedAt: body.obtained_at ? new Date(body.obtained_at) : null,
  };
}

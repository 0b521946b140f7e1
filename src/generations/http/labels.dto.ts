import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import { DomainError } from '../../common/domain-error.js';
import { type Page, PAGE_LIMIT_DEFAULT, toPageRequest } from '../../common/page.js';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { COUNTED_MAX, type TagCount } from '../domain/labels.port.js';
import { TAG_CHARS_MAX, TAGS_MAX } from '../domain/tags.js';

/** Before they are written alike, which leaves some out. */
const TEXTS_MAX = 2 * TAGS_MAX;
const TEXT_MAX = 4 * TAG_CHARS_MAX;
const CURSOR_FORM = /^[A-Za-z0-9_-]{1,400}$/;

export class ReplaceTagsDto {
  @ApiProperty({
    type: [String],
    maxItems: TAGS_MAX,
    example: ['campaign 7', 'hero'],
    description: `In place of those there are; each at most ${TAG_CHARS_MAX} characters, kept in lower case`,
  })
  @IsArray()
  @ArrayMaxSize(TEXTS_MAX)
  @IsString({ each: true })
  @MaxLength(TEXT_MAX, { each: true })
  tags: string[];
}

export class ListTagsDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "Default: the API key's own space",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, description: 'Only tags that begin so', example: 'camp' })
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prefix?: string;
}

export class TagDto {
  @ApiProperty({ type: String, example: 'campaign 7' })
  tag: string;

  @ApiProperty({ type: 'integer', example: 12, description: `Generations, at most ${COUNTED_MAX}` })
  count: number;

  @ApiProperty({ type: Boolean, example: false, description: `There are more than ${COUNTED_MAX}` })
  has_more: boolean;
}

export class TagsPageDto {
  @ApiProperty({ type: [TagDto] })
  data: TagDto[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

/** @throws DomainError `request.invalid` naming the field. */
export function toTagsPage(query: ListTagsDto): { prefix: string; after: string; limit: number } {
  const { cursor } = query;
  const { limit } = toPageRequest({ limit: query.limit ?? PAGE_LIMIT_DEFAULT });
  const prefix = query.prefix ?? '';
  if (cursor === undefined) return { prefix, after: '', limit };
  const after =
    typeof cursor === 'string' && CURSOR_FORM.test(cursor)
      ? Buffer.from(cursor, 'base64url').toString('utf8')
      : '\0';
  if (!TEXT_FORM.test(after)) {
    throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
  }
  return { prefix, after, limit };
}

export function toTagsResponse(counts: readonly TagCount[], limit: number): Page<TagDto> {
  const shown = counts.slice(0, limit);
  const last = counts.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ tag, count }) => ({
      tag,
      count: Math.min(count, COUNTED_MAX),
      has_more: count > COUNTED_MAX,
    })),
    next_cursor: last ? Buffer.from(last.tag, 'utf8').toString('base64url') : null,
  };
}

import { Body, Controller, HttpCode, Param, Post, Put, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConflictResponse,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { NoFieldsDto } from '../../http/no-fields.dto.js';
import { Public } from '../../http/public.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { ReceiveUploadService } from '../library/receive-upload.service.js';
import { UploadedMediaDto } from './media.dto.js';
import { OwnUploads } from './own-uploads.js';
import { BeginUploadDto, UploadAddressDto } from './uploads.dto.js';

@ApiTags('media')
@Controller('api/v1/media/uploads')
export class UploadsController {
  constructor(
    private readonly uploads: OwnUploads,
    private readonly receiving: ReceiveUploadService,
  ) {}

  @Post()
  @Requires('image_generations:create')
  @ApiOperation({
    summary: 'Begin an upload that the client brings by itself',
    description:
      'Send the bytes to `url` by `method` with exactly these headers, then complete the upload. Nothing is stored before.',
  })
  @ApiCreatedResponse({ type: UploadAddressDto })
  @ApiResponse({ status: 413, description: 'The picture is larger than is taken' })
  async begin(
    @CurrentCaller() caller: Caller,
    @CurrentContext() { spaceId }: RequestContext,
    @Body() body: BeginUploadDto,
  ): Promise<UploadAddressDto> {
    assert(spaceId, 'an upload was begun in no space');
    return this.uploads.begin(caller, spaceId, body);
  }

  @Put(':id')
  @Public({ bytes: true })
  @HttpCode(204)
  @ApiOperation({
    summary: 'Bring the bytes of an upload; its id is the credential',
    description:
      'Only where pictures are kept in a folder: a bucket takes them at its own address. Exactly as many bytes as agreed on, once.',
  })
  @ApiConsumes('image/png', 'image/jpeg', 'image/webp')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiNoContentResponse({ description: 'They are here, and were not looked at yet' })
  @ApiResponse({ status: 403, description: 'The id is forged or has expired' })
  @ApiConflictResponse({ description: 'Bytes were brought before, or are on their way' })
  async receive(@Param('id') id: string, @Req() { raw }: FastifyRequest): Promise<void> {
    await this.receiving.receive(id, raw);
  }

  @Post(':id/complete')
  @Requires('image_generations:create', { space: 'row' })
  @ApiOperation({
    summary: 'Keep the picture that was brought',
    description:
      'As an upload by form: told by content, cleaned, or refused, which ends the upload. May be repeated: the same picture is answered.',
  })
  @ApiCreatedResponse({ type: UploadedMediaDto })
  @ApiConflictResponse({ description: 'Nothing was brought yet, or it was refused before' })
  @ApiResponse({ status: 413, description: 'The picture has too many pixels' })
  async complete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() _body: NoFieldsDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadedMediaDto> {
    return this.uploads.complete(caller, id, reply);
  }
}

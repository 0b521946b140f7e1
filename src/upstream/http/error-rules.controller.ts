import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { ErrorRulesService } from '../error-rules.service.js';
import {
  ErrorRuleResponse,
  ErrorRulesPageResponse,
  toErrorRuleResponse,
} from './error-rule.response.js';
import {
  ErrorRuleDto,
  toErrorRuleChanges,
  toNewErrorRule,
  UpdateErrorRuleDto,
} from './error-rules.dto.js';

@ApiTags('providers')
@Controller('api/v1/error-rules')
export class ErrorRulesController {
  constructor(private readonly rules: ErrorRulesService) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Say what callers are told of certain failures of providers',
    description:
      'Of the enabled rules that match, the one of the lowest priority counts. It sets the status and the message of ' +
      "the answer; the code stays the failure's own. Nothing changes in what is tried again or elsewhere.",
  })
  @ApiCreatedResponse({ type: ErrorRuleResponse })
  @ApiConflictResponse({ description: 'There is a rule of this name, or there are too many' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: ErrorRuleDto,
  ): Promise<ErrorRuleResponse> {
    return toErrorRuleResponse(await this.rules.create(caller, toNewErrorRule(body)));
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'All error rules, newest first' })
  @ApiOkResponse({ type: ErrorRulesPageResponse })
  async list(@Query() query: PageQueryDto): Promise<ErrorRulesPageResponse> {
    const page = toIdPageRequest(query);
    return toPage((await this.rules.list(page)).map(toErrorRuleResponse), page.limit);
  }

  @Get(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'One error rule' })
  @ApiOkResponse({ type: ErrorRuleResponse })
  async get(@Param('id') id: string): Promise<ErrorRuleResponse> {
    return toErrorRuleResponse(await this.rules.get(id));
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'Change an error rule; it holds for the next failure' })
  @ApiOkResponse({ type: ErrorRuleResponse })
  @ApiConflictResponse({ description: 'There is a rule of this name' })
  async update(
    @Param('id') id: string,
    @Body() body: UpdateErrorRuleDto,
  ): Promise<ErrorRuleResponse> {
    return toErrorRuleResponse(await this.rules.change(id, toErrorRuleChanges(body)));
  }

  @Delete(':id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an error rule; failures are told as they are again' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.rules.remove(id);
  }
}

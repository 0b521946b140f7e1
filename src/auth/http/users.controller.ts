import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { UserAdministrationService } from '../user-administration.service.js';
import { UsersService } from '../users.service.js';
import { IssuedResetResponse, toIssuedResetResponse } from './passwords.dto.js';
import {
  CreateUserDto,
  ListUsersDto,
  toUserChange,
  toUserFilter,
  toUserResponse,
  UpdateUserDto,
  UserResponse,
  UsersPageResponse,
} from './users.dto.js';

@ApiTags('users')
@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly administration: UserAdministrationService,
  ) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({ summary: 'Make an account' })
  @ApiCreatedResponse({ type: UserResponse })
  @ApiConflictResponse({ description: 'There is a user with this e-mail address' })
  async create(@Body() body: CreateUserDto): Promise<UserResponse> {
    const isOperator = body.is_operator ?? false;
    return toUserResponse(await this.users.create({ ...body, isOperator }));
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'All accounts, newest first' })
  @ApiOkResponse({ type: UsersPageResponse })
  async list(@Query() query: ListUsersDto): Promise<UsersPageResponse> {
    const page = toIdPageRequest(query);
    const users = await this.users.list(toUserFilter(query), page);
    return toPage(users.map(toUserResponse), page.limit);
  }

  @Get(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'One account' })
  @ApiOkResponse({ type: UserResponse })
  async get(@Param('id') id: string): Promise<UserResponse> {
    return toUserResponse(await this.administration.get(id));
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Change, disable or enable an account',
    description:
      'A disabled user cannot log in, and their sessions and API keys stop within a second; enabling brings the keys back. Accounts are not deleted: ledger and audit trail refer to them.',
  })
  @ApiOkResponse({ type: UserResponse })
  @ApiConflictResponse({ description: 'The last active operator stays one' })
  async update(@Param('id') id: string, @Body() body: UpdateUserDto): Promise<UserResponse> {
    return toUserResponse(await this.administration.update(id, toUserChange(body)));
  }

  @Post(':id/reset-password')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Make a one-time token with which a user sets a new password',
    description: 'It takes the place of an earlier one. The password they have works until then.',
  })
  @ApiCreatedResponse({ type: IssuedResetResponse })
  @ApiConflictResponse({ description: 'The user is disabled' })
  async requestReset(@Param('id') id: string): Promise<IssuedResetResponse> {
    return toIssuedResetResponse(await this.administration.requestReset(id));
  }

  @Post(':id/revoke-sessions')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'End all sessions of a user; their API keys go on' })
  @ApiNoContentResponse({ description: 'They have ended, everywhere within a second' })
  async revokeSessions(@Param('id') id: string): Promise<void> {
    await this.administration.revokeSessions(id);
  }
}

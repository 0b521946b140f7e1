import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { UsersService } from '../users.service.js';
import { CreateUserDto, toUserResponse, UserResponse, UsersPageResponse } from './users.dto.js';

@ApiTags('users')
@Controller('api/v1/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

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
  async list(@Query() query: PageQueryDto): Promise<UsersPageResponse> {
    const page = toIdPageRequest(query);
    return toPage((await this.users.list(page)).map(toUserResponse), page.limit);
  }
}

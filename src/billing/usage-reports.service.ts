import { Injectable } from '@nestjs/common';
import { UsersService } from '../auth/users.service.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import type { UsageGroup, UsageReport, UsageReportRequest } from './domain/usage-report.js';
import { UsageReportsReader } from './domain/usage-reports.reader.port.js';
import { UsageRollUps } from './usage-roll-ups.js';
import { UsageSight } from './usage-sight.js';

/** Groups of one export: they are sorted, so all of them are in memory at once. */
export const EXPORT_GROUPS_MAX = 50_000;

export interface FreshReport extends UsageReport {
  /** Whether every call that has ended is in the sums. */
  isComplete: boolean;
}

/** What a member used. Names are those of the account, and null where the caller may not see members. */
export interface MemberCost extends UsageGroup {
  userId: string | null;
  name: string | null;
  email: string | null;
}

export interface MemberCosts extends FreshReport {
  groups: MemberCost[];
}

/** Sums of usage. They come from roll-ups alone, after what waits has been added to these. */
@Injectable()
export class UsageReportsService {
  constructor(
    private readonly reports: UsageReportsReader,
    private readonly rollUps: UsageRollUps,
    private readonly sight: UsageSight,
    private readonly users: UsersService,
  ) {}

  /** @throws DomainError as `UsageSight.get` */
  async report(caller: Caller, spaceId: string, request: UsageReportRequest): Promise<FreshReport> {
    const { userId } = await this.sight.get(caller, spaceId, request.filter.userId);
    return this.reportAll({
      ...request,
      filter: { ...request.filter, userId, searchSpaceId: spaceId },
    });
  }

  /** Over every space, or the one that the filter names: for operators. */
  async reportAll(request: UsageReportRequest): Promise<FreshReport> {
    const isComplete = await this.rollUps.flush();
    return { ...(await this.reports.report(request)), isComplete };
  }

  /** @throws DomainError `request.invalid` when there are more groups than an export holds */
  assertExportable({ groupsCount }: UsageReport): void {
    if (groupsCount <= EXPORT_GROUPS_MAX) return;
    throw DomainError.invalid(
      'group_by',
      `makes ${groupsCount} lines, and an export holds ${EXPORT_GROUPS_MAX}: name a shorter period or group by less`,
    );
  }

  /** Cost by member, and what was used by nobody in particular. @throws DomainError as `UsageSight.get` */
  async listMembers(
    caller: Caller,
    spaceId: string,
    request: Pick<UsageReportRequest, 'period' | 'offset' | 'limit'>,
  ): Promise<MemberCosts> {
    const { userId, seesMembers } = await this.sight.get(caller, spaceId);
    const report = await this.reportAll({
      ...request,
      filter: { searchSpaceId: spaceId, userId },
      groupBy: ['user'],
      sort: 'cost',
    });
    const ids = report.groups.flatMap(({ key }) => key.user ?? []);
    const known = seesMembers ? await this.users.listByIds(ids) : [];
    const named = new Map(known.map((user) => [user.id, user]));
    const groups = report.groups.map((group) => {
      const user = named.get(group.key.user ?? '');
      const { name = null, email = null } = user ?? {};
      return { ...group, userId: group.key.user ?? null, name, email };
    });
    return { ...report, groups };
  }
}

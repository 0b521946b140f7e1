// Proves that a plan makes what groups give, ends what they no longer give, and leaves all else alone.
import { describe, expect, it } from 'vitest';
import { type HeldMembership, type MappedRole, planMemberships } from './plan-memberships.js';

const role = (searchSpaceId: string, roleId: string, count = 1): MappedRole => ({
  searchSpaceId,
  roleId,
  roleName: roleId,
  permissions: Array.from({ length: count }, (_, index) => `p${index}`),
});
const held = (
  searchSpaceId: string,
  roleId: string,
  more: Partial<HeldMembership> = {},
): HeldMembership => ({
  membershipId: `m-${searchSpaceId}`,
  searchSpaceId,
  roleId,
  isOwner: false,
  isManaged: true,
  ...more,
});

describe('planMemberships', () => {
  it('adds, changes and removes', () => {
    const mapped = [role('new', 'viewer'), role('other', 'editor'), role('same', 'viewer')];
    const before = [held('other', 'viewer'), held('same', 'viewer'), held('old', 'viewer')];
    expect(planMemberships(mapped, before)).toEqual({
      add: [mapped[0]],
      change: [{ held: before[0], to: mapped[1] }],
      remove: [before[2]],
    });
  });

  it('touches nothing made by hand, and no owner', () => {
    const before = [
      held('a', 'viewer', { isManaged: false }),
      held('b', 'owner', { isOwner: true }),
      held('c', 'viewer', { isManaged: false }),
    ];
    const plan = planMemberships([role('a', 'editor'), role('b', 'viewer')], before);
    expect(plan).toEqual({ add: [], change: [], remove: [] });
  });

  it('takes the strongest of several roles, in whatever order they come', () => {
    const [weak, strong, twin] = [
      role('s', 'weak', 1),
      role('s', 'a-strong', 3),
      role('s', 'z-strong', 3),
    ];
    for (const mapped of [
      [weak, strong, twin],
      [twin, strong, weak],
      [strong, weak, twin],
    ]) {
      expect(planMemberships(mapped, []).add).toEqual([strong]);
    }
  });
});

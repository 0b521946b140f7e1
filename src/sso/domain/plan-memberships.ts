/** A role that one of a person's groups gives in a space. */
export interface MappedRole {
  searchSpaceId: string;
  roleId: string;
  roleName: string;
  permissions: readonly string[];
}

/** A person's membership of a space. */
export interface HeldMembership {
  membershipId: string;
  searchSpaceId: string;
  roleId: string;
  isOwner: boolean;
  /** Whether a mapping of this provider made it. */
  isManaged: boolean;
}

export interface MembershipPlan {
  add: MappedRole[];
  change: { held: HeldMembership; to: MappedRole }[];
  remove: HeldMembership[];
}

/** What has to change so that the memberships this provider manages are those its groups give. Touches no other. */
export function planMemberships(
  mapped: readonly MappedRole[],
  held: readonly HeldMembership[],
): MembershipPlan {
  const wanted = toStrongest(mapped);
  const bySpace = new Map(held.map((membership) => [membership.searchSpaceId, membership]));
  const managed = held.filter(({ isManaged, isOwner }) => isManaged && !isOwner);
  return {
    add: [...wanted.values()].filter(({ searchSpaceId }) => !bySpace.has(searchSpaceId)),
    change: managed.flatMap((membership) => {
      const to = wanted.get(membership.searchSpaceId);
      return to && to.roleId !== membership.roleId ? [{ held: membership, to }] : [];
    }),
    remove: managed.filter(({ searchSpaceId }) => !wanted.has(searchSpaceId)),
  };
}

/** Of several roles in one space the one with most permissions, by name where that does not decide. */
function toStrongest(mapped: readonly MappedRole[]): Map<string, MappedRole> {
  const ordered = [...mapped].sort(
    (left, right) =>
      left.permissions.length - right.permissions.length ||
      right.roleName.localeCompare(left.roleName),
  );
  return new Map(ordered.map((role) => [role.searchSpaceId, role]));
}

import { Injectable } from '@nestjs/common';

/** Refuses where a space has no room for so many bytes more; 0: where it is full. False = it has no bound. */
export type AssertRoom = (searchSpaceId: string, moreBytes: number) => Promise<boolean>;

/** Rooms above say here what a space may store, so that nobody brings what cannot be kept. */
@Injectable()
export class StorageRoom {
  private readonly askers: AssertRoom[] = [];
  /** Of each space that has a bound: what is being kept there, one after the other. */
  private readonly lines = new Map<string, Promise<unknown>>();

  /** At the start of the process. */
  register(assertRoom: AssertRoom): void {
    this.askers.push(assertRoom);
  }

  /** @returns whether there is a bound. @throws DomainError `storage.quota_exceeded` */
  async assertRoom(searchSpaceId: string, moreBytes: number): Promise<boolean> {
    let isBound = false;
    for (const assertRoom of this.askers) {
      if (await assertRoom(searchSpaceId, moreBytes)) isBound = true;
    }
    return isBound;
  }

  /**
   * Keeps so many bytes where there is room: in this process one at a time in a space with a bound, so that those who
   * come at once do not go over it together.
   * @throws DomainError `storage.quota_exceeded`; what `keep` throws
   */
  async keepWithin<T>(
    searchSpaceId: string,
    moreBytes: number,
    keep: () => Promise<T>,
  ): Promise<T> {
    if (!(await this.assertRoom(searchSpaceId, moreBytes))) return keep();
    const before = this.lines.get(searchSpaceId) ?? Promise.resolve();
    const work = before.then(async () => {
      await this.assertRoom(searchSpaceId, moreBytes);
      return keep();
    });
    const line = work.catch(() => undefined);
    this.lines.set(searchSpaceId, line);
    try {
      return await work;
    } finally {
      if (this.lines.get(searchSpaceId) === line) this.lines.delete(searchSpaceId);
    }
  }
}

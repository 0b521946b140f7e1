import { Injectable } from '@nestjs/common';

/** Refuses where a space has no room for so many bytes more; 0: where it is full. */
export type AssertRoom = (searchSpaceId: string, moreBytes: number) => Promise<void>;

/** Rooms above say here what a space may store, so that nobody brings what cannot be kept. */
@Injectable()
export class StorageRoom {
  private readonly askers: AssertRoom[] = [];

  /** At the start of the process. */
  register(assertRoom: AssertRoom): void {
    this.askers.push(assertRoom);
  }

  /** @throws DomainError `storage.quota_exceeded` */
  async assertRoom(searchSpaceId: string, moreBytes: number): Promise<void> {
    for (const assertRoom of this.askers) await assertRoom(searchSpaceId, moreBytes);
  }
}

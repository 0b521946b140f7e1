import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a stopping server close each connection as soon as nothing is under way on it. Node itself closes those that
 * happen to be idle at one moment: one that never sent a request, or whose answer ends a moment later, would hold the
 * stop up until its time-out.
 */
export class OpenConnections {
  /** Answers under way on each. */
  private readonly counts = new Map<Socket, number>();
  private isReleased = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      if (this.isReleased) {
        socket.destroy();
        return;
      }
      this.counts.set(socket, 0);
      socket.once('close', () => this.counts.delete(socket));
    });
    server.on('request', (_request, response: ServerResponse) => {
      const { socket } = response;
      if (!socket) return;
      this.add(socket, 1);
      response.once('close', () => this.add(socket, -1));
    });
  }

  /** From now on no connection is kept for another request. */
  release(): void {
    this.isReleased = true;
    for (const [socket, count] of this.counts) if (count === 0) socket.destroy();
  }

  private add(socket: Socket, change: number): void {
    const count = (this.counts.get(socket) ?? 0) + change;
    if (this.counts.has(socket)) this.counts.set(socket, count);
    if (this.isReleased && count === 0) socket.destroySoon();
  }
}

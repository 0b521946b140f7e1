import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

/** The origin that links are made from: PUBLIC_URL, else where this process listens. Never the Host header. */
@Injectable()
export class PublicUrl {
  private boundPort: number;

  constructor(private readonly config: AppConfig) {
    this.boundPort = config.http.port;
  }

  /** Tells the port that was bound when PORT is 0. */
  bind(port: number): void {
    this.boundPort = port;
  }

  /** An absolute URL of this service; `path` begins with a slash. */
  to(path: string): string {
    return `${this.config.http.publicUrl ?? this.listenOrigin()}${path}`;
  }

  private listenOrigin(): string {
    const { host } = this.config.http;
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${this.boundPort}`;
  }
}

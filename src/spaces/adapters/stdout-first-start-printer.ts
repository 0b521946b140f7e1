import { Injectable } from '@nestjs/common';
import { type FirstStartNotice, FirstStartPrinter } from '../domain/first-start-printer.port.js';

const RULE = '='.repeat(72);

/** A block on standard output, past the log and its file. */
@Injectable()
export class StdoutFirstStartPrinter extends FirstStartPrinter {
  print(notice: FirstStartNotice): void {
    process.stdout.write(renderNotice(notice));
  }
}

/** The block as it is printed. */
export function renderNotice(notice: FirstStartNotice): string {
  const lines = [
    RULE,
    'First start. Keep these now: they are not shown again.',
    '',
    `  e-mail        ${notice.email}`,
    `  password      ${notice.password ?? '(as set by BOOTSTRAP_ADMIN_PASSWORD)'}`,
    `  API key       ${notice.apiKey ?? '(as set by BOOTSTRAP_API_KEY)'}`,
    `  search space  ${notice.searchSpaceId}`,
    RULE,
  ];
  return `\n${lines.join('\n')}\n\n`;
}

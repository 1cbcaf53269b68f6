/** A page in its frame, as HTML. In: a page and who asked for it; out: the document, with what everybody must know on top. */
import { Inject, Injectable } from '@nestjs/common';
import { renderToString } from 'preact-render-to-string';
import { listProcesses, whereMailGoes } from '../../core/processes.sql.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { findPause } from '../../delivery/pauses.sql.js';
import type { Page } from './answer.js';
import { Layout } from './layout.js';
import type { ConsoleRequest } from './request.js';
import { VisitorContext } from './visitor.js';

@Injectable()
export class Frame {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  async render(page: Page, request: ConsoleRequest): Promise<string> {
    const visitor = request.visitor!;
    const [pausedAll, processes] = visitor.session
      ? await Promise.all([
          findPause(this.sql, { scope: 'all', name: '', now: visitor.now }),
          listProcesses(this.sql, visitor.now),
        ])
      : [null, []];
    const document = (
      <VisitorContext.Provider value={visitor}>
        <Layout
          page={page}
          // What answers a form cannot be asked for again by its address.
          path={request.method === 'GET' ? request.url : '/console'}
          done={request.query['done']}
          pausedAll={pausedAll}
          mailGoes={whereMailGoes(processes)}
        />
      </VisitorContext.Provider>
    );
    return `<!doctype html>\n${renderToString(document)}`;
  }
}

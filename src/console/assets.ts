/**
 * The console's files, read once from where the package lies: the address holds the hash of the content, so
 * browsers keep them for ever and never see an old one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Asset {
  /** `console-0a1b2c3d.css`. */
  file: string;
  url: string;
  type: string;
  body: Buffer;
}

/** From src/ and from dist/ alike; tsc moves no stylesheets. */
const FOLDER = fileURLToPath(new URL('../../src/console/assets/', import.meta.url));

function load(parts: string[], extension: string, type: string): Asset {
  const body = Buffer.concat(parts.map((part) => readFileSync(`${FOLDER}${part}.${extension}`)));
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const file = `console-${hash}.${extension}`;
  return { file, url: `/console/assets/${file}`, type, body };
}

export const ASSETS = {
  style: load(
    ['frame', 'parts', 'forms', 'charts', 'messages', 'profile', 'pages'],
    'css',
    'text/css; charset=utf-8',
  ),
  script: load(['console'], 'js', 'text/javascript; charset=utf-8'),
  icon: load(['icon'], 'svg', 'image/svg+xml'),
} as const;

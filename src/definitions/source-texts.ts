/** The texts to keep beside the versions that apply makes of them. Pure. */
import type { SourceFile } from '../language/source-file.js';

/** What the author wrote, by `<kind>/<id>`, for keeping beside the versions. */
export function sourceTexts(sources: readonly SourceFile[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { kind, id, text } of sources) {
    const key = `${kind}/${id}`;
    if (kind === 'campaign') texts.set(`segment/${id}/who`, text);
    texts.set(key, texts.has(key) ? `${texts.get(key)}\n${text}` : text);
  }
  return texts;
}

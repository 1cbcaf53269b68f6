/**
 * Messages, stage 4: the frame of a mail as HTML. A template that is only a fragment (`<p>Hello</p>`, no
 * layout) gets a plain document with the footer that every marketing mail needs; the preheader, the line
 * that mail programs show beside the subject, is put first into the body and hidden.
 */

/** Class of the hidden preheader. */
export const PREHEADER_CLASS = 'rekindle-preheader';

/** Around a fragment without a layout of its own. */
export const PLAIN_LAYOUT = `<!doctype html>
<html lang="{{language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body style="margin:0 auto;max-width:600px;padding:24px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
{{> @body}}
{{#if (marketing)}}<p style="margin-top:32px;font-size:13px">{{postal_address}}<br><a href="{{unsubscribe_url}}">{{#if (eq (language) "ru")}}Отписаться{{else}}Unsubscribe{{/if}}</a></p>{{/if}}
</body></html>`;

/** Whether `source` is a whole document (HTML or MJML) rather than a fragment. */
export function isDocument(source: string): boolean {
  return /<(?:mjml|html|body)\b/i.test(source);
}

/** Whether `source` is MJML and has to be turned into HTML first. */
export function isMjml(source: string): boolean {
  return /^\s*(?:<!--[\s\S]*?-->\s*)*<mjml\b/i.test(source);
}

// Padding keeps the mail program from filling the preview line with the beginning of the mail; in short
// lines, because a mail with long ones cannot go as plain text.
const PADDING = `\n${'&#847;&zwnj;&nbsp;'.repeat(10)}`.repeat(4);

/** Puts the preheader first into the body. `preheader` is HTML or template source. */
export function withPreheader(html: string, preheader: string): string {
  const hidden =
    `<div class="${PREHEADER_CLASS}" style="display:none;max-height:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;` +
    `color:transparent">${preheader}${PADDING}</div>`;
  const body = /<body\b[^>]*>/i.exec(html);
  return body
    ? html.slice(0, body.index + body[0].length) + hidden + html.slice(body.index + body[0].length)
    : hidden + html;
}

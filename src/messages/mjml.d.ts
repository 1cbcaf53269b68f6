/** mjml 5 ships no types; this is the part of it that we call. */
declare module 'mjml' {
  interface MjmlOptions {
    validationLevel?: 'strict' | 'soft' | 'skip';
    ignoreIncludes?: boolean;
    keepComments?: boolean;
    /** Web fonts by family; its own list loads them from Google. */
    fonts?: Record<string, string>;
  }
  interface MjmlError {
    tagName: string;
    /** Of the source, from 1. */
    line: number;
    message: string;
  }
  export default function mjml2html(
    source: string,
    options?: MjmlOptions,
  ): Promise<{ html: string; errors: MjmlError[] }>;
}

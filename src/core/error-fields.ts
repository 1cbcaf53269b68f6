/**
 * What may be said of an error in a log: an allow-list. An error of the database carries the row that broke a
 * rule (`detail`, `where`, TypeORM's `parameters`), and its message may quote a value: codes and names of tables and
 * constraints stay, values go. Pure.
 */

/** Fields that name things of ours or of the protocol, never a value. */
const NAMES = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const;
const OURS = ['syscall', 'kind'] as const;

export interface ErrorFields {
  name: string;
  message: string;
  /** Where it was thrown, without the message. */
  stack?: string;
  cause?: ErrorFields;
  [field: string]: unknown;
}

/** The loggable part of whatever was thrown, its causes included. */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { name: 'thrown', message: String(error) };
  const given = error as Error & Record<string, unknown>;
  const driven = given['driverError'] as Record<string, unknown> | undefined;
  const known = (name: string): unknown => given[name] ?? driven?.[name];
  const kept = [...NAMES, ...OURS]
    .map((name) => [name, known(name)])
    .filter(([, value]) => typeof value === 'string');
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '));
  return {
    name: error.name,
    message: withoutValues(error.message, known('code')),
    ...Object.fromEntries(kept),
    ...(frames?.length ? { stack: frames.join('\n') } : {}),
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  };
}

/** One line for people: the message, and in brackets what the database named. */
export function errorText(error: unknown): string {
  const { message, name, ...fields } = errorFields(error);
  const names = ['code', 'table', 'constraint'].flatMap((key) =>
    typeof fields[key] === 'string' ? [`${key} ${fields[key]}`] : [],
  );
  // Several addresses of one host refused at once: Node's AggregateError has no message of its own.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const text = message || (first === undefined ? name : errorFields(first).message);
  return names.length === 0 ? text : `${text} (${names.join(', ')})`;
}

/** Messages of class 22 (data exceptions) and of `raise` quote what they choke on; others quote names. */
function withoutValues(message: string, code: unknown): string {
  const quotesValues = typeof code === 'string' && /^(22|P0)[0-9A-Z]{3}$/.test(code);
  return quotesValues ? message.replace(/[:"'][\s\S]*$/, '…') : message;
}

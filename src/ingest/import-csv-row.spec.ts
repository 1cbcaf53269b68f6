import fc from 'fast-check';
import { bindMapping, RowError } from './import-csv-row.js';
import { parseMapping, type ImportFlags } from './import-csv-mapping.js';

const IMPORTED_AT = Date.UTC(2026, 4, 1);
const HEADER = ['id', 'who', 'when', 'amount', 'vip', 'extra'];
const FLAGS: ImportFlags = {
  event: 'order_completed',
  profile: 'who',
  at: 'when',
  id: 'id',
  source: 'orders',
};

function read(flags: Partial<ImportFlags>, record: string[]) {
  return bindMapping(parseMapping({ ...FLAGS, ...flags }), HEADER, IMPORTED_AT)(2, record);
}

describe('reading one row', () => {
  test('keeps ids as they are written and fills typed properties and traits', () => {
    const row = read(
      {
        property: ['amount:number', 'total.gross:number=amount', 'extra:json'],
        trait: ['email=c{who}@example.com', 'vip:boolean'],
      },
      ['o1', '00001', '1997-01-01T12:00:00Z', '11.77', 'TRUE', '{"a":[1]}'],
    );
    expect(row).toEqual({
      line: 2,
      userId: '00001',
      traits: { email: 'c00001@example.com', vip: true },
      event: {
        name: 'order_completed',
        at: Date.UTC(1997, 0, 1, 12),
        messageId: 'o1',
        properties: { amount: 11.77, total: { gross: 11.77 }, extra: { a: [1] } },
      },
    });
  });

  test('leaves out what is empty instead of storing empty text', () => {
    const row = read({ property: ['amount:number'], trait: ['email=c{extra}@example.com'] }, [
      'o1',
      'ann',
      '1997-01-01T00:00:00Z',
      '',
      '',
      '',
    ]);
    expect(row.traits).toEqual({});
    expect(row.event!.properties).toEqual({});
  });

  test('reads the event name from a column, and several columns as an id', () => {
    const row = read({ event: '{extra}', id: '{who}-{when}' }, [
      '',
      'ann',
      '1997-01-01T00:00:00Z',
      '',
      '',
      'login',
    ]);
    expect(row.event).toMatchObject({ name: 'login', messageId: 'ann-1997-01-01T00:00:00Z' });
  });

  test.each([
    ['1997-01-01T12:00:00.123456Z', Date.UTC(1997, 0, 1, 12, 0, 0, 123)],
    ['1997-01-01 12:00+02:00', Date.UTC(1997, 0, 1, 10)],
    ['1997-01-01T12:00:00-0330', Date.UTC(1997, 0, 1, 15, 30)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads the time %s', (text, at) => {
    expect(read({}, ['o1', 'ann', text, '', '', '']).event!.at).toBe(at);
  });

  test('takes a time without offset as local to the zone', () => {
    expect(
      read({ zone: 'Europe/Berlin' }, ['o1', 'ann', '2020-07-01 12:00', '', '', '']).event!.at,
    ).toBe(Date.UTC(2020, 6, 1, 10));
    expect(read({ zone: 'Europe/Berlin' }, ['o1', 'ann', '2020-01-01', '', '', '']).event!.at).toBe(
      Date.UTC(2019, 11, 31, 23),
    );
  });
});

describe('refusing a row', () => {
  const cases: [string, Partial<ImportFlags>, string[], RegExp][] = [
    ['a NUL byte, mapped or not', {}, ['o1', 'ann', '1997-01-01T00:00:00Z', '', '', 'a\0b'], /NUL/],
    [
      'bytes that are not UTF-8',
      {},
      ['o1', 'M\ufffdller', '1997-01-01T00:00:00Z', '', '', ''],
      /UTF-8/,
    ],
    [
      'a date that does not exist',
      {},
      ['o1', 'ann', '1997-02-30T00:00:00Z', '', '', ''],
      /not a time/,
    ],
    ['infinity', {}, ['o1', 'ann', 'infinity', '', '', ''], /not a time/],
    ['a year of six digits', {}, ['o1', 'ann', '+300000-01-01', '', '', ''], /not a time/],
    ['a time in the future', {}, ['o1', 'ann', '2026-05-02T00:00:00Z', '', '', ''], /future/],
    ['a time without offset', {}, ['o1', 'ann', '1997-01-01', '', '', ''], /give the zone/],
    [
      '1e400',
      { property: ['amount:number'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '1e400', '', ''],
      /too large/,
    ],
    [
      'a number beyond 2^53',
      { property: ['amount:number'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '12345678901234567890', '', ''],
      /too large/,
    ],
    [
      'text for a number',
      { property: ['amount:number'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '1,5', '', ''],
      /not a number/,
    ],
    [
      'an escaped NUL in JSON',
      { property: ['extra:json'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '', '', '{"a\\u0000":1}'],
      /NUL/,
    ],
    [
      'half a character in JSON',
      { property: ['extra:json'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '', '', '"\\ud800"'],
      /half a surrogate/,
    ],
    [
      'JSON nested too deep',
      { property: ['extra:json'] },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '', '', `${'['.repeat(40)}${']'.repeat(40)}`],
      /deeper/,
    ],
    ['no profile', {}, ['o1', '', '1997-01-01T00:00:00Z', '', '', ''], /no profile/],
    ['no id', {}, ['', 'ann', '1997-01-01T00:00:00Z', '', '', ''], /no id/],
    ['too few cells', {}, ['o1', 'ann'], /2 cells where the header has 6/],
    [
      "one of the engine's event names",
      { event: '{extra}' },
      ['o1', 'ann', '1997-01-01T00:00:00Z', '', '', '$message_sent'],
      /engine's own/,
    ],
  ];
  test.each(cases)('%s', (_, flags, record, reason) => {
    expect(() => read(flags, record)).toThrow(RowError);
    expect(() => read(flags, record)).toThrow(reason);
  });

  test('says nothing but RowError, whatever the cells hold', () => {
    const flags = { property: ['amount:number', 'extra:json'], trait: ['vip:boolean'] };
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 6, maxLength: 6 }),
        (record) => {
          try {
            read(flags, record);
          } catch (error) {
            expect(error).toBeInstanceOf(RowError);
          }
        },
      ),
    );
  });
});

describe('the mapping', () => {
  test.each<[string, Partial<ImportFlags>, RegExp]>([
    ['no --at', { at: undefined }, /--at is missing/],
    ['no --id', { id: undefined }, /--id is missing/],
    [
      'an unknown type',
      { property: ['amount:money'] },
      /money is not a type; there are text, number, boolean, json/,
    ],
    ['unmatched braces', { trait: ['email={who'] }, /braces/],
    ['a property within another', { property: ['a.b', 'a'] }, /given twice/],
    ['__proto__', { property: ['__proto__.x=who'] }, /the form is NAME/],
    ['an unknown zone', { zone: 'Not/AZone' }, /not a time zone/],
    ['profiles with a time', { event: undefined, trait: ['vip'] }, /belongs to events/],
  ])('is refused with %s', (_, flags, reason) => {
    expect(() => parseMapping({ ...FLAGS, ...flags })).toThrow(reason);
  });

  test('names the columns a file lacks and those it has', () => {
    const mapping = parseMapping({ ...FLAGS, property: ['quantity:number'] });
    expect(() => bindMapping(mapping, HEADER, IMPORTED_AT)).toThrow(
      'the file has no column quantity; its columns are: id, who, when, amount, vip, extra',
    );
  });

  test('asks whether a column near by was meant, and whether the delimiter is another', () => {
    const bind =
      (header: string[], part: Partial<ImportFlags> = {}) =>
      () =>
        bindMapping(parseMapping({ ...FLAGS, ...part }), header, IMPORTED_AT);
    expect(bind(HEADER, { profile: 'Who', property: ['amounts:number'] })).toThrow(
      'the file has no column Who (did you mean who?), amounts (did you mean amount?); its columns are',
    );
    expect(bind(['id;who;when'])).toThrow("if those are several, give the delimiter ';'");
    expect(bind(['id\twho'])).toThrow('give the delimiter tab');
    expect(bind(Array.from({ length: 5_000 }, () => 'x'.repeat(500)))).toThrow(/ and 4900 more$/);
  });
});

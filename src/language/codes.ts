/**
 * Every diagnostic there is, by what it is about. Codes are stable: a retired one is never used again.
 * Each has a page in docs/diagnostics and a fixture in test/language/fixtures (a test holds all three together).
 */
export const CODES = {
  // The file and its YAML
  RK001: 'YAML that cannot be read',
  RK002: 'A key given twice',
  RK003: 'YAML that is not part of the language',
  RK004: 'An empty value',
  RK005: 'An unquoted {{',
  RK006: 'A space missing after a colon',
  RK007: 'A comment that cuts a text short',
  RK008: 'A number that is not what was written',
  RK009: 'A yes or no that is text',
  RK010: 'A file too large or nested too deep',
  RK011: 'Text that cannot be stored',
  RK012: 'More problems than are listed',
  RK013: 'A character that only looks right',
  // Shape: files, keys, names
  RK100: 'The wrong kind of value',
  RK101: 'An unknown key',
  RK102: 'A missing key',
  RK103: 'Not built yet',
  RK104: 'A word of another tool',
  RK105: 'Keys that exclude each other',
  RK106: 'A name that cannot be used',
  RK107: 'Two definitions of one name',
  RK108: 'A file that is not read',
  RK109: 'No rekindle.yaml',
  RK110: 'A link that cannot be followed',
  // Scalars
  RK201: 'Not a duration',
  RK202: 'A month has no fixed length',
  RK203: 'Not a number',
  RK204: 'Not a time of day',
  RK205: 'Not a date or an instant',
  RK206: 'Not a time zone',
  RK207: 'Not one of the words',
  RK208: 'Not a path',
  RK209: 'A pattern that is not understood',
  RK210: 'Not an address',
  RK211: 'Not a locale',
  RK212: 'Not the name of a header',
  RK213: 'Not a share',
  RK214: 'Not a schedule',
  // Conditions
  RK301: 'No known condition',
  RK302: 'Two conditions in one',
  RK303: 'A list where a condition is meant',
  RK304: 'A property without a test',
  RK305: 'A test that nothing can pass',
  RK306: 'No entry to count from',
  RK307: "An event of the engine's own",
  RK308: 'Not having done it yet, because too young',
  RK309: 'Segments in a circle',
  RK310: 'A condition that its place is not about',
  RK319: 'A value that its place does not have',
  // Campaigns and steps
  RK401: 'No known step',
  RK402: 'Two steps in one',
  RK403: 'Two steps with one id',
  RK404: 'Steps that are never reached',
  RK405: 'A wait of zero',
  RK406: 'Marketing without a topic',
  RK407: 'An exit that ends other enrolments too',
  RK408: 'No known entry, or two',
  RK409: 'Marketing without a postal address',
  RK410: 'Shares that are not 100 %',
  RK411: 'A repeat inside a repeat',
  RK412: 'A step that starts its own campaign again',
  RK420: 'A segment that lets go before the campaign ends',
  RK421: 'A send after a wait that came to nothing',
  RK422: 'Reminders that nothing stops',
  RK423: 'Promotion in a transactional mail',
  RK424: 'A notice that may not go there',
  RK425: 'Campaigns that start one another without an end',
  // When mail may go out, and how much
  RK440: 'Nobody would get any mail',
  RK441: 'A window that never opens',
  RK442: 'A rule that transactional mail passes',
  RK444: 'Not a pace',
  // References
  RK501: 'An unknown segment',
  RK502: 'An unknown template',
  RK503: 'An unknown topic',
  RK504: 'An unknown sender',
  RK505: 'An unknown layout or partial',
  RK506: 'An unknown helper',
  RK507: 'An unknown campaign',
  RK508: 'An unknown send',
  // Templates
  RK601: 'Front matter missing or not closed',
  RK602: 'Handlebars that cannot be read',
  RK603: 'Unescaped output',
  RK604: 'Handlebars that is not part of the language',
  RK605: 'A text part without its template',
  RK606: 'Partials in a circle',
  RK607: 'A template that cannot be compiled',
  RK608: 'A sample that does not render',
  RK609: 'A default that is never used',
  RK610: 'A template in some languages only',
  RK611: 'A variable in other braces',
  RK612: 'A variable that nobody provides',
  // Campaign tests
  RK701: 'No known action or expectation',
  RK702: 'A profile or step that the test does not have',
  RK703: 'A timeline that goes back',
} as const;

export type Code = keyof typeof CODES;

/** What only a database can tell, said by a plan and by an apply. Each has a page, and a test beside the plan's. */
export const LIVE_CODES = {
  RK801: 'A name that nothing has had so far',
  RK802: 'A step that left a running version',
} as const;

export type LiveCode = keyof typeof LIVE_CODES;

/**
 * Definitions to begin with: whole files that are accepted as they stand, so that nobody begins with an empty page. In: what the
 * workspace has. Out: the text of one. Pure.
 */

interface Words {
  /** What it will be called. */
  id: string;
  /** A topic of rekindle.yaml. */
  topic: string;
  /** What stands after `send:`: the id of a template that is there, and what is to be said of it. */
  template: string;
}

interface Starter {
  kind: 'segment' | 'score' | 'campaign';
  text: (words: Words) => string;
}

/** By name; what each is for is said by whoever offers them. */
export const STARTERS = {
  'segment-trait': {
    kind: 'segment',
    text: () => `description: Pays for the pro plan
who: { trait: plan, is: pro }
`,
  },
  'segment-active': {
    kind: 'segment',
    text: () => `description: Came three times within a month
who: { event: login, count: { at_least: 3 }, within_last: 30 days }
`,
  },
  'segment-quiet': {
    kind: 'segment',
    text: () => `description: Has ordered, and not for three months
who:
  all:
    - { event: order_completed, quiet_for: 90 days }
    - none: [{ trait: plan, is: cancelled }]
`,
  },
  'score-happiness': {
    kind: 'score',
    text: ({ id }) => `description: How much somebody makes of the product
# Segments and campaigns ask for it: { score: ${id}, band: red }
base: 50                         # what everybody has
points:
  - add: 20
    if: { event: login, within_last: 14 days }
  - add: 3                       # for each of the ten newest; halved after two weeks
    for_each: { event: report_created, at_most: 10 }
    half_life: 14 days
  - add: -30
    if: { event: support_ticket_opened, count: { at_least: 3 }, within_last: 30 days }
range: [0, 100]
bands: { red: 0, yellow: 40, green: 70 }     # each from its number up to the next
`,
  },
  'campaign-welcome': {
    kind: 'campaign',
    text: ({ topic, template }) => `description: A first mail at once, a second one three days later
topic: ${topic}
draft: true                      # nobody enters until this line is gone
enter:
  event: signed_up
exit:
  - event: setup_completed
steps:
  - send: ${template}
  - wait: 3 days
    at: 10:00                    # of the recipient's own time zone
  - send: ${template}
    id: second
`,
  },
  'campaign-win-back': {
    kind: 'campaign',
    text: ({
      topic,
      template,
    }) => `description: Ask back those who have cancelled, until they are back
topic: ${topic}
draft: true                      # nobody enters until this line is gone
enter:
  event: subscription_cancelled
  again: after 90 days
exit:
  - event: subscription_started
goal: { event: subscription_started, within: 60 days, value: amount }
steps:
  - wait: 7 days
    at: 10:00
  - send: ${template}
`,
  },
  'campaign-segment': {
    kind: 'campaign',
    text: ({
      topic,
      template,
    }) => `description: Write to whoever has become quiet; coming back ends it
topic: ${topic}
draft: true                      # nobody enters until this line is gone
enter:
  who: { event: login, quiet_for: 30 days }
steps:
  - wait_until: tue 10:00
  - send: ${template}
`,
  },
  'campaign-receipt': {
    kind: 'campaign',
    text: ({ template }) => `description: A mail for every order, whatever anybody has subscribed to
purpose: transactional
draft: true                      # nobody enters until this line is gone
enter:
  event: order_completed
  per: order_id
  again: always
steps:
  - send: ${template}
`,
  },
} as const satisfies Record<string, Starter>;

export type StarterName = keyof typeof STARTERS;

interface Workspace {
  topics: readonly string[];
  templates: readonly string[];
}

/**
 * The text of a starter for what will be called `id`. Without a topic or a template the checker will say what is missing; a
 * template that has nothing to do with it is said to be one that is to be replaced.
 */
export function starterText(
  name: StarterName,
  id: string,
  { topics, templates }: Workspace,
): string {
  const starter: Starter = STARTERS[name];
  const topic = topics[0] ?? 'news';
  const fitting = templateFor([id, name.replace('campaign-', ''), topic], templates);
  const template =
    fitting ?? `${templates[0] ?? 'welcome'}  # the first there is: name its own one`;
  return starter.text({ id, topic, template });
}

/** One called, or in a folder, as the campaign is; one that has a word of its name; one called as the starter or the topic. */
function templateFor(
  [id, ...others]: readonly [string, ...string[]],
  templates: readonly string[],
): string | undefined {
  const words = id.split(/[-_]/).filter((word) => word.length > 3);
  const called = (names: readonly string[], parts: RegExp): string | undefined =>
    templates.find((template) => template.split(parts).some((part) => names.includes(part)));
  return called([id], /\//) ?? called(words, /[-_/]/) ?? called(others, /\//);
}

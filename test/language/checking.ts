/** Fixtures to checked definitions; a diagnostic that is an error fails the test that asks. */
import { checkSources } from '../../src/language/check.js';
import type { CampaignDefinition, Condition, Definitions } from '../../src/language/definitions.js';
import { fixtureSources } from './fixture-files.js';

export function check(fixture: string): Definitions {
  const { definitions, diagnostics } = checkSources(fixtureSources(fixture));
  if (!definitions) throw new Error(JSON.stringify(diagnostics, null, 1));
  return definitions;
}

export function campaign(text: string): CampaignDefinition {
  return check(`#: config/campaigns/win-back.yaml\n${text}`).campaigns[0]!;
}

export function who(condition: string): Condition {
  const { segments } = check(`#: config/segments/active.yaml\nwho: ${condition}\n`);
  return segments.find(({ id }) => id === 'active')!.who;
}

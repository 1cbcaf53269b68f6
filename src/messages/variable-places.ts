/**
 * Messages, stage 4, for those who look: the variables of a mail, each with its value and the place that it came from. In:
 * the variant of the template, and what it read. Out: one line a variable that the template mentions. Pure.
 */
import { TEMPLATE_NAMESPACES } from '../core/template-helpers.js';
import type { CompiledVariant } from './compile-template.js';

/** `default`: it had no value, and the template says what stands there then. `none`: nothing was written for it. */
export const VARIABLE_PLACES = [...TEMPLATE_NAMESPACES, 'default', 'none'] as const;

export interface VariablePlace {
  /** `profile.first_name`, as the author wrote it. */
  variable: string;
  /** Null when there was none. */
  value: unknown;
  from: (typeof VARIABLE_PLACES)[number];
}

/** By variable, in alphabetical order; a variable that was read and is mentioned no more is there too. */
export function variablePlaces(
  { uses, defaults }: Pick<CompiledVariant, 'uses' | 'defaults'>,
  variables: Record<string, unknown>,
): VariablePlace[] {
  const names = new Set([...Object.keys(variables), ...uses.filter((name) => namespaceOf(name))]);
  return [...names].sort().map((variable) => {
    if (Object.hasOwn(variables, variable))
      return { variable, value: variables[variable], from: namespaceOf(variable) ?? 'none' };
    if (Object.hasOwn(defaults, variable))
      return { variable, value: defaults[variable], from: 'default' };
    return { variable, value: null, from: 'none' };
  });
}

/** The first part of a path, where it is one of ours; helpers have none. */
function namespaceOf(name: string): (typeof TEMPLATE_NAMESPACES)[number] | undefined {
  return TEMPLATE_NAMESPACES.find((namespace) => name.split('.', 1)[0] === namespace);
}

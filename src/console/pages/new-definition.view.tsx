/** A new campaign, segment or score: what it is to be called, and what to begin with. */
import { STARTERS, type StarterName } from '../../language/starters.js';
import { useVisitor } from '../frame/visitor.js';
import { Field } from '../parts/forms.js';
import { Tabs } from '../parts/show.js';

const AT = '/console/definitions/new';
const KINDS = ['campaign', 'segment', 'score'] as const;

interface Beginning {
  kind: (typeof KINDS)[number];
  /** As it was asked for; undefined before that. */
  name: string | undefined;
  /** There is one of this name. */
  taken: boolean;
}

export function NewDefinitionView({ kind, name, taken }: Beginning) {
  const { definitions } = useVisitor().texts;
  const names = Object.keys(STARTERS) as StarterName[];
  const starters = names.filter((one) => STARTERS[one].kind === kind);
  return (
    <>
      <h1>{definitions.create}</h1>
      <p class="lead">{definitions.createAbout}</p>
      <Tabs
        label={definitions.kind}
        tabs={KINDS.map((one) => ({
          href: `${AT}?kind=${one}`,
          text: definitions.kinds[one],
          current: one === kind,
        }))}
      />
      <form class="card narrow" method="get" action={AT}>
        <input type="hidden" name="kind" value={kind} />
        {name !== undefined && (
          <p class="problem" role="alert">
            {taken ? definitions.taken(name) : definitions.badName}
          </p>
        )}
        <Field
          label={definitions.newName}
          name="name"
          value={name}
          required
          maxLength={200}
          pattern="[\w\-]+(/[\w\-]+)*"
          title={definitions.badName}
        />
        <fieldset class="choices">
          <legend>{definitions.begin}</legend>
          {starters.map((one, place) => (
            <label key={one} class="check">
              <input type="radio" name="starter" value={one} checked={place === 0} />
              {definitions.starters[one]}
            </label>
          ))}
        </fieldset>
        <p class="actions">
          <button class="first">{definitions.write}</button>
          <a class="button quiet" href="/console/definitions">
            {useVisitor().texts.common.cancel}
          </a>
        </p>
      </form>
    </>
  );
}

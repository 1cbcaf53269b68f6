/** Parts of forms: the session's token, labelled fields, and the question before something dangerous. */
import type { ComponentChildren, JSX } from 'preact';
import { useVisitor } from '../frame/visitor.js';

/** What proves that a form came from a page of this session; every form that changes something holds it. */
export function Csrf() {
  const { session } = useVisitor();
  return session && <input type="hidden" name="_csrf" value={session.csrf} />;
}

/** A text field under its label. */
export function Field({ label, ...input }: { label: string } & JSX.IntrinsicElements['input']) {
  return (
    <label class="field">
      <span>{label}</span>
      <input autocomplete="off" {...input} />
    </label>
  );
}

/** A longer text under its label. */
export function TextArea({
  label,
  value,
  ...area
}: { label: string; value?: string | undefined } & JSX.IntrinsicElements['textarea']) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea spellcheck={false} {...area}>
        {/* The first line break of a field is not part of it. */}
        {`\n${value ?? ''}`}
      </textarea>
    </label>
  );
}

interface Choice {
  label: string;
  name: string;
  value: string | undefined;
  /** Names, shown as they are, or `words` of ours. */
  options: readonly string[];
  words?: boolean;
  /** The option that stands for no choice; without it one must be made. */
  none?: string;
}

export function Select({ label, name, value, options, words = false, none }: Choice) {
  const visitor = useVisitor();
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map((option) => (
          <option key={option} value={option} selected={option === value}>
            {words ? visitor.word(option) : option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Filters above a list: a GET form, so that the address is the filter. */
export function Filters({
  action,
  children,
  more,
}: {
  action: string;
  children: ComponentChildren;
  /** Stands below the buttons. */
  more?: ComponentChildren;
}) {
  const { texts } = useVisitor();
  return (
    <form class="filters" method="get" action={action}>
      {children}
      <button>{texts.common.filter}</button>
      <a class="button quiet" href={action}>
        {texts.common.clear}
      </a>
      {more}
    </form>
  );
}

interface Question {
  title: string;
  action: string;
  /** Hidden fields that say what it is about. */
  fields: Record<string, string>;
  submit: string;
  /** Where `no` leads. */
  back: string;
  danger?: boolean;
  /** Another button of the same form. */
  more?: ComponentChildren;
  children: ComponentChildren;
}

/**
 * A page that asks before something is done, with the number it touches. With script it opens as a dialog over the
 * page before (assets/console.js); without, it is a page.
 */
export function Confirm({ title, action, fields, submit, back, danger, more, children }: Question) {
  const { texts } = useVisitor();
  return (
    <form class="card confirm" method="post" action={action} data-confirm>
      <h1>{title}</h1>
      {children}
      <Csrf />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <p class="actions">
        <button class={danger ? 'danger' : 'first'}>{submit}</button>
        {more}
        <a class="button quiet" href={back} data-close>
          {texts.common.cancel}
        </a>
      </p>
    </form>
  );
}

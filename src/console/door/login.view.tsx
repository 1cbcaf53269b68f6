/** The login: name, password, and where to find them. */
import { Page } from '../frame/answer.js';
import { Field } from '../parts/forms.js';
import { useVisitor } from '../frame/visitor.js';

interface Login {
  /** Where to go on to. */
  next: string;
  /** As it was typed before. */
  name: string;
  wrong: boolean;
}

export function loginPage(login: Login): Page {
  return new Page({
    title: (texts) => texts.login.title,
    body: <LoginView {...login} />,
    status: login.wrong ? 403 : 200,
  });
}

function LoginView({ next, name, wrong }: Login) {
  const { texts, about } = useVisitor();
  return (
    <form class="card login" method="post" action="/console/login">
      <h1>{about.project ?? 'Rekindle'}</h1>
      {wrong && (
        <p class="problem" role="alert">
          {texts.login.wrong}
        </p>
      )}
      <input type="hidden" name="next" value={next} />
      <Field label={texts.login.name} name="name" value={name} required autocomplete="username" />
      <Field
        label={texts.login.password}
        name="password"
        type="password"
        required
        autocomplete="current-password"
      />
      <button class="first">{texts.login.submit}</button>
      <p class="soft">
        {texts.login.hint} <code>rekindle console set-password admin</code>
      </p>
    </form>
  );
}

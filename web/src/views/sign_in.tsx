// Asked for when the server knows no session: a token, and where one comes from.
import { useState } from 'preact/hooks';
import { Logo } from '../components/icon';
import { ProblemBox } from '../components/states';
import { signIn } from '../state/session';
import type { Problem } from '../types';

export function SignIn({ problem }: { problem: Problem | null }) {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (token.trim() === '') return;
    setBusy(true);
    void signIn(token).finally(() => setBusy(false));
  };
  return (
    <main class="sign-in">
      <form class="sign-in-card" onSubmit={submit}>
        <div class="sign-in-brand">
          <Logo />
          <h1>Backtrail</h1>
        </div>
        <p class="dim">Findings of every account, and what happened around them.</p>
        {problem !== null && <ProblemBox problem={problem} />}
        <label>
          Access token
          <input
            class="input mono"
            type="password"
            autocomplete="current-password"
            autofocus
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={busy || token.trim() === ''}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="dim small">
          The server prints a token when it starts for the first time. An administrator makes more with{' '}
          <code>backtrail key create</code>.
        </p>
      </form>
    </main>
  );
}

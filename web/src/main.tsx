// The page: session first, then the view that the address names.
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { notice } from './clipboard';
import { Help } from './components/help';
import { MenuLayer } from './components/menu';
import { ProblemBox } from './components/states';
import { TopBar } from './components/top_bar';
import { forgetAccounts, startAccounts } from './state/accounts';
import { startKeys } from './state/keys';
import { startLive } from './state/live';
import { clearPages } from './state/pages';
import { startPrefs } from './state/prefs';
import { clearCache } from './state/resource';
import { place, startRouter } from './state/router';
import { retrySession, session, startSession } from './state/session';
import type { View } from './state/url';
import { Accounts } from './views/accounts';
import { Activity } from './views/activity';
import { Coverage } from './views/coverage';
import { FindingView } from './views/finding';
import { Findings } from './views/findings';
import { Overview } from './views/overview';
import { Quarantine } from './views/quarantine';
import { SignIn } from './views/sign_in';

const kTitles: Record<View, string> = {
  overview: 'Overview',
  findings: 'Findings',
  finding: 'Finding',
  activity: 'Activity',
  accounts: 'Accounts',
  coverage: 'Coverage',
  quarantine: 'Quarantine',
};

function CurrentView() {
  switch (place.value.view) {
    case 'findings':
      return <Findings />;
    case 'finding':
      return <FindingView key={place.value.id} />;
    case 'activity':
      return <Activity />;
    case 'accounts':
      return <Accounts />;
    case 'coverage':
      return <Coverage />;
    case 'quarantine':
      return <Quarantine />;
    default:
      return <Overview />;
  }
}

function App() {
  const state = session.value;
  const view = place.value.view;
  useEffect(() => {
    document.title = `${state.kind === 'signed_in' ? kTitles[view] : 'Sign in'} · Backtrail`;
  }, [state.kind, view]);
  useEffect(() => {
    if (state.kind === 'signed_out') {
      // The next to sign in may be somebody else, who sees other accounts.
      clearCache();
      clearPages();
      forgetAccounts();
    }
    if (state.kind !== 'signed_in') return;
    startAccounts();
    startLive();
  }, [state.kind]);
  if (state.kind === 'starting') return <main class="starting" aria-busy="true" aria-label="Loading" />;
  if (state.kind === 'signed_out') return <SignIn problem={state.problem} />;
  if (state.kind === 'unreachable')
    return (
      <main class="sign-in">
        <h1 class="offscreen">Backtrail</h1>
        <ProblemBox problem={state.problem} retry={retrySession} />
      </main>
    );
  return (
    <>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <CurrentView />
        <MenuLayer />
      </main>
      <Help />
      <div class={`notice${notice.value === '' ? ' hidden' : ''}`} role="status" aria-live="polite">
        {notice.value}
      </div>
    </>
  );
}

startPrefs();
void startSession(); // takes a token out of the address before the router reads it
startRouter();
startKeys();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);

// The bar over every view: where one is, search, the zone, the theme, help, who is signed in.
import { refresh, session, signOut, asOf } from '../state/session';
import { helpOpen } from '../state/keys';
import { theme, zone, type Theme } from '../state/prefs';
import { place } from '../state/router';
import { link, type View } from '../state/url';
import { formatInstant } from '../time';
import { Text } from './basics';
import { Icon, Logo, type IconName } from './icon';
import { SearchBox } from './search_box';

const kLinks: readonly [view: View, label: string, href: string][] = [
  ['overview', 'Overview', link('overview')],
  ['findings', 'Findings', link('findings', [['open', 'true']])],
  ['activity', 'Activity', link('activity')],
  ['coverage', 'Coverage', link('coverage')],
  ['accounts', 'Accounts', link('accounts')],
  ['quarantine', 'Quarantine', link('quarantine')],
];

const kNextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const kThemeIcon: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

export function TopBar() {
  const view = place.value.view === 'finding' ? 'findings' : place.value.view;
  const who = session.value.kind === 'signed_in' ? session.value.session : null;
  return (
    <header class="top">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('main')?.focus();
        }}
      >
        Skip to content
      </a>
      <a class="brand" href={link('overview')}>
        <Logo />
        <span>Backtrail</span>
      </a>
      <nav class="top-nav" aria-label="Views">
        {kLinks.map(([name, label, href]) => (
          <a key={name} href={href} aria-current={view === name ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <SearchBox />
      <div class="top-tools">
        <button type="button" class="button ghost as-of" title="Ask again, up to now" onClick={refresh}>
          <Icon name="refresh" />
          <span class="offscreen">Refresh, </span>
          <span class="as-of-time">as of {formatInstant(asOf.value, zone.value).slice(11)}</span>
        </button>
        <button
          type="button"
          class="button ghost zone"
          aria-pressed={zone.value === 'local'}
          title="Switch between UTC and local time"
          onClick={() => (zone.value = zone.value === 'utc' ? 'local' : 'utc')}
        >
          {zone.value === 'utc' ? 'UTC' : 'Local'}
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`Theme: ${theme.value}`}
          title={`Theme: ${theme.value}`}
          onClick={() => (theme.value = kNextTheme[theme.value])}
        >
          <Icon name={kThemeIcon[theme.value]} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Keyboard help (?)"
          title="Keyboard help (?)"
          onClick={() => (helpOpen.value = true)}
        >
          <Icon name="help" />
        </button>
        {who !== null && (
          <button
            type="button"
            class="icon-button"
            aria-label={`Sign out ${who.name}`}
            title={`Signed in as ${who.name} (${who.role}). Sign out`}
            onClick={() => void signOut()}
          >
            <Icon name="out" />
          </button>
        )}
        {who !== null && who.accounts !== '*' && (
          <span class="tag" title="This token sees only these accounts">
            <Text of={who.accounts.length} /> accounts
          </span>
        )}
      </div>
    </header>
  );
}

// Copying, also where the clipboard API is missing (plain http on another machine than this one).
import { signal } from '@preact/signals';
import { visible } from './text';

/** The last thing done, read out to those who do not see it. */
export const notice = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  notice.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.value = ''), 2500);
}

export async function copyText(text: string, label: string): Promise<void> {
  const done = (await viaClipboard(text)) || viaSelection(text);
  announce(done ? `Copied ${visible(label)}` : 'The browser did not allow copying');
}

async function viaClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function viaSelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'offscreen';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

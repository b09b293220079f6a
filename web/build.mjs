// Bundles the page: node build.mjs [--outdir DIR]. Asset names carry a hash of their content, so they may
// be cached for ever; index.html names them and may not. The directory is replaced in one step at the end.
import { build } from 'esbuild';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const outdirAt = process.argv.indexOf('--outdir');
const outdir = resolve(outdirAt < 0 ? join(here, 'dist') : (process.argv[outdirAt + 1] ?? 'dist'));
const fresh = `${outdir}.new`;

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx' },
  outdir: fresh,
  entryNames: 'assets/[name]-[hash]',
  bundle: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  minify: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const names = Object.keys(result.metafile.outputs).map((path) => path.slice(path.indexOf('assets/')));
const asset = (ending) => {
  const found = names.find((name) => name.endsWith(ending));
  if (found === undefined) throw new Error(`esbuild wrote no ${ending}`);
  return found;
};

const page = await readFile(join(here, 'index.html'), 'utf8');
await writeFile(
  join(fresh, 'index.html'),
  page.replace('{{style}}', asset('.css')).replace('{{script}}', asset('.js')),
);
await writeFile(join(fresh, 'favicon.svg'), await readFile(join(here, 'favicon.svg')));

await rm(`${outdir}.old`, { recursive: true, force: true });
await rename(outdir, `${outdir}.old`).catch((error) => {
  if (error.code !== 'ENOENT') throw error;
});
await rename(fresh, outdir);
await rm(`${outdir}.old`, { recursive: true, force: true });

const sizes = Object.entries(result.metafile.outputs).map(
  ([path, { bytes }]) => `${path.slice(path.indexOf('assets/'))} ${(bytes / 1024).toFixed(0)} KiB`,
);
console.log(`web: ${sizes.join(', ')} -> ${outdir}`);

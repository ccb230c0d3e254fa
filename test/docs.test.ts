import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { readSpec } from '../src/api/validate.ts';
import { CONFIG_KEYS, parseConfig } from '../src/config.ts';
import { fieldsOf, readCrd } from './api/crd.ts';

const DEFAULTS = { intervalMs: 600_000, retryIntervalMs: 60_000 };

async function documents(): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const below = (await readdir('docs', { recursive: true })).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.map((name) => join('docs', name))];
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
}

function fenced(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}

describe('the documentation', () => {
  it('names only npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = (await documents()).flatMap(({ file, text }) =>
      [...text.matchAll(/(?:^|`|&& )npm (?:run )?([a-z][a-z:]*)/gm)].map(([, script = '']) => ({
        file,
        script,
      })),
    );
    expect(named.length).to.be.greaterThan(10);
    const wrong = named.filter(
      ({ script }) => !['ci', 'exec', 'run'].includes(script) && !Object.hasOwn(scripts, script),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('lists in CONTRIBUTING every npm script that people call', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const text = await readFile('CONTRIBUTING.md', 'utf8');
    const absent = Object.keys(scripts).filter(
      (script) => !new RegExp(`npm (?:run )?${script}\\b`).test(text),
    );
    expect(absent).to.deep.equal([]);
  });

  it('links only to what exists', async () => {
    const links = (await documents()).flatMap(({ file, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => join(dirname(file), target)),
    );
    expect(links.length).to.be.greaterThan(2);
    for (const link of links) await stat(link);
  });

  it('shows only YAML that is valid, and checks that the operator takes', async () => {
    const blocks = (await documents()).flatMap(({ text }) => fenced(text, 'yaml'));
    expect(blocks.length).to.be.greaterThan(0);
    for (const block of blocks) {
      for (const document of parseAllDocuments(block)) {
        expect(document.errors).to.deep.equal([]);
        const object = document.toJS() as { readonly kind?: string; readonly spec?: unknown };
        if (object.kind === 'RegistryPushCheck')
          expect(readSpec(object.spec, DEFAULTS)).to.include({ ok: true });
        else expect(() => parseConfig(block)).not.to.throw();
      }
    }
  });

  it('describes every field of a check, and no other', async () => {
    const text = await readFile('docs/checks.md', 'utf8');
    const table = text.slice(text.indexOf('| field'), text.indexOf('## '));
    const rows = [...table.matchAll(/^\| `([A-Za-z.]+)` +\|/gm)].map(([, field = '']) => `.${field}`);
    const { spec } = (await readCrd()).spec.versions[0].schema.openAPIV3Schema.properties ?? {};
    expect(rows).to.have.members([...fieldsOf(spec ?? {})].map(([path]) => path));
  });

  it('describes every key of the configuration, and no other', async () => {
    const text = await readFile('docs/configuration.md', 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Za-z.]+)` +\|/gm)].map(([, key]) => key);
    expect(rows)
      .to.have.members([...CONFIG_KEYS])
      .and.to.have.length(CONFIG_KEYS.length);
  });
});

import { expect } from 'chai';
import { readDockerConfig, type DockerConfigEntry } from '../../src/registry/dockerconfig.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const good = { auth: base64(`ci:${CANARY}`) };
const config = (auths: unknown): string => JSON.stringify({ auths });

function read(text: string, url = 'https://reg.example', repository = 'team/app'): DockerConfigEntry {
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  return readDockerConfig(text, registry, repository);
}

describe('readDockerConfig', () => {
  describe('with a Secret that cannot be used', () => {
    const ours = (entry: unknown): string => config({ 'reg.example': entry });
    const broken = (bytes: readonly number[]): string =>
      ours({ auth: Buffer.from([...Buffer.from(`ci:${CANARY}`), ...bytes]).toString('base64') });

    // The rows of the table "Malformed Secrets" in the security design: each has words of its own.
    const rows: readonly [
      name: string,
      kind: 'invalid' | 'unmatched' | 'too-broad',
      says: RegExp,
      text: string,
    ][] = [
      ['empty', 'invalid', /^\.dockerconfigjson is empty$/, ''],
      ['of white space', 'invalid', /^\.dockerconfigjson is empty$/, ' \n\t'],
      ['that is no JSON', 'invalid', /is not valid JSON \(\d+ characters\)$/, `${CANARY} and more`],
      [
        'cut off',
        'invalid',
        /it is cut off or has a syntax error$/,
        config({ 'reg.example': good }).slice(0, -9),
      ],
      ['in YAML', 'invalid', /looks like YAML$/, `auths:\n  reg.example:\n    password: ${CANARY}\n`],
      ['of user:password', 'invalid', /looks like user:password; use "kubectl/, 'ci:hunter2-c4nary\n'],
      ['encoded twice', 'invalid', /it was encoded twice/, base64(config({ 'reg.example': good }))],
      [
        'encoded twice, in lines',
        'invalid',
        /it was encoded twice/,
        `${base64(config({ 'reg.example': good })).replace(/.{76}/g, '$&\n')}\n`,
      ],
      ['with a byte-order mark', 'invalid', /starts with a byte-order mark$/, `\u{FEFF}${ours(good)}`],
      ['that is null', 'invalid', /must be a JSON object with "auths"$/, 'null'],
      ['that is an array', 'invalid', /must be a JSON object with "auths"$/, '[{"auths":{}}]'],
      ['that is a text', 'invalid', /must be a JSON object with "auths"$/, JSON.stringify(CANARY)],
      ['that is a number', 'invalid', /must be a JSON object with "auths"$/, '42'],
      ['without auths', 'invalid', /json has no "auths"$/, '{}'],
      [
        'of the .dockercfg form',
        'invalid',
        /the older \.dockercfg form/,
        JSON.stringify({ 'reg.example': good }),
      ],
      ['whose auths is null', 'invalid', /"auths" in .* must be an object/, config(null)],
      ['whose auths is an array', 'invalid', /"auths" in .* must be an object/, config([good])],
      ['whose auths is a text', 'invalid', /"auths" in .* must be an object/, config(CANARY)],
      ['whose auths is empty', 'unmatched', /"auths" is empty: no entry for reg\.example$/, config({})],
      [
        'with a credsStore only',
        'invalid',
        /a credential helper of a workstation/,
        '{"credsStore":"desktop"}',
      ],
      [
        'with credHelpers only',
        'invalid',
        /a credential helper of a workstation/,
        '{"credHelpers":{"reg.example":"x"}}',
      ],
      [
        'for another host',
        'unmatched',
        /no entry for reg\.example; it has "other\.example"$/,
        config({ 'other.example': good }),
      ],
      [
        'for another port',
        'unmatched',
        /"reg\.example:5000" has another port$/,
        config({ 'reg.example:5000': good }),
      ],
      [
        'for another path',
        'unmatched',
        /"reg\.example" is for another path$/,
        config({ 'reg.example/other': good }),
      ],
      [
        'with a wildcard',
        'unmatched',
        /"\*\.reg\.example" has a wildcard, which stands for letters within one part/,
        config({ '*.reg.example': good }),
      ],
      ['whose entry is null', 'invalid', /the entry "reg\.example" must be an object with auth/, ours(null)],
      [
        'whose entry is a text',
        'invalid',
        /the entry "reg\.example" must be an object with auth/,
        ours(CANARY),
      ],
      [
        'whose entry is a list',
        'invalid',
        /the entry "reg\.example" must be an object with auth/,
        ours([good]),
      ],
      ['whose entry is empty', 'invalid', /has neither auth nor username and password$/, ours({})],
      ['whose auth is a number', 'invalid', /has a field "auth" that is not a string$/, ours({ auth: 7 })],
      [
        'whose password is null',
        'invalid',
        /has a field "password" that is not a string$/,
        ours({ ...good, password: null }),
      ],
      [
        'whose auth is no base64',
        'invalid',
        /has an "auth" that is not base64$/,
        ours({ auth: `ci:${CANARY}` }),
      ],
      [
        'whose auth is base64 of URLs',
        'invalid',
        /has an "auth" that is not base64$/,
        ours({ auth: 'Y2k6_-8=' }),
      ],
      ['whose auth has no padding', 'invalid', /has an "auth" that is not base64$/, ours({ auth: 'dTpwcA' })],
      [
        'whose auth has a line break',
        'invalid',
        /has an "auth" with white space or a line break in it$/,
        ours({ auth: `${good.auth}\n` }),
      ],
      [
        'whose auth has no colon',
        'invalid',
        /has an "auth" without a colon/,
        ours({ auth: base64('c4nary-token') }),
      ],
      [
        'whose auth is no UTF-8',
        'invalid',
        /has an "auth" that does not decode to UTF-8 text$/,
        broken([0xff]),
      ],
      [
        'whose password has a NUL',
        'invalid',
        /has the control byte 0x00 at the middle of the password in "auth"$/,
        broken([0, 0x41]),
      ],
      [
        'whose password has an escape',
        'invalid',
        /has the control byte 0x1b at the start of the password in username and password$/,
        ours({ username: 'ci', password: `\u001b${CANARY}` }),
      ],
      [
        'whose password ends with a line break',
        'invalid',
        /has a password in "auth" that ends with a line break/,
        broken([0x0a]),
      ],
      [
        'whose plain password ends with a line break',
        'invalid',
        /has a password in username and password that ends with a line break/,
        ours({ username: 'ci', password: `${CANARY}\r\n` }),
      ],
      [
        'whose password is broken Unicode',
        'invalid',
        /has a password in username and password with broken Unicode$/,
        ours({ username: 'ci', password: `${CANARY}\ud800` }),
      ],
      [
        'whose password is empty',
        'invalid',
        /has an empty password in "auth"$/,
        ours({ auth: base64('ci:') }),
      ],
      [
        'whose plain password is empty',
        'invalid',
        /has an empty password in username and password$/,
        ours({ username: 'ci' }),
      ],
      [
        'whose user name is empty',
        'invalid',
        /has an empty user name in "auth"$/,
        ours({ auth: base64(`:${CANARY}`) }),
      ],
      [
        'whose plain user name is empty',
        'invalid',
        /has an empty user name in username and password$/,
        ours({ password: CANARY }),
      ],
      [
        'whose user name has a colon',
        'invalid',
        /has a colon in the user name in username and password$/,
        ours({ username: 'c:i', password: CANARY }),
      ],
      [
        'with an identity token of two words',
        'invalid',
        /has a token in "identitytoken" with a space or a letter outside ASCII/,
        ours({ identitytoken: `${CANARY} x` }),
      ],
      [
        'with a registry token of two words',
        'invalid',
        /has a token in "registrytoken" with a space or a letter outside ASCII/,
        ours({ registrytoken: `${CANARY} x` }),
      ],
      [
        'with a registry token and a line break',
        'invalid',
        /has a token in "registrytoken" that ends with a line break/,
        ours({ registrytoken: 'c4nary\n' }),
      ],
      [
        'with a registry token of 20000 letters',
        'invalid',
        /has a token in "registrytoken" of 20000 characters, too long for one$/,
        ours({ registrytoken: 'x'.repeat(20_000) }),
      ],
      [
        'with a wildcard for everybody',
        'too-broad',
        /^the key "\*\.example" would send the login to any such host$/,
        config({ '*.example': good }),
      ],
      [
        'over 256 KiB',
        'invalid',
        /is larger than 256 KiB$/,
        config({ 'reg.example': good, x: 'a'.repeat(262_144) }),
      ],
      [
        'with 1001 entries',
        'invalid',
        /"auths" has 1001 entries, more than 1000$/,
        config(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`h${n}.example`, {}]))),
      ],
    ];
    for (const [name, kind, says, text] of rows) {
      it(`says what is wrong with one ${name}`, () => {
        const entry = read(text);
        expect(entry).to.include({ kind });
        const detail = 'detail' in entry ? entry.detail : '';
        expect(detail).to.match(says);
        expect(leaksOf(detail)).to.deep.equal([]);
        expect(detail).to.not.match(/hunter2|c4nary/);
        expect(detail.length).to.be.at.most(400);
        // No other kind of mistake gets the same words.
        const alike = rows.filter(([, , other]) => other.test(detail)).map(([, , other]) => other.source);
        expect(new Set(alike)).to.have.property('size', 1);
      });
    }

    it('lists five keys at most, and how many more there are', () => {
      const auths = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`h${n}.example`, good]));
      expect(read(config(auths)))
        .to.have.property('detail')
        .that.matches(/"h4\.example" and 2 more$/);
    });

    it('never shows user name and password of a key', () => {
      for (const key of [`https://ci:${CANARY}@reg.example`, `ci:${CANARY}@other.example/x`, `${CANARY}@`]) {
        const entry = read(config({ [key]: good }));
        expect(entry.kind, key).to.equal('unmatched');
        expect(leaksOf(JSON.stringify(entry)), key).to.deep.equal([]);
      }
    });

    it('shows no control characters of a key', () => {
      const entry = read(config({ 'evil\n\u001b[31m\u202e.example': good }));
      // oxlint-disable-next-line no-control-regex -- what is tested
      expect('detail' in entry && entry.detail).to.not.match(/[\0-\u001f\u202e]/);
    });

    it('names a credential helper only where one keeps the login', () => {
      const detail = (text: string, name?: '.dockercfg'): unknown => {
        const registry = parseRegistryUrl('reg.example');
        if ('problem' in registry) throw new Error(registry.problem);
        const entry = readDockerConfig(text, registry, 'team/app', name);
        return 'detail' in entry ? entry.detail : entry.kind;
      };
      const helper = { credsStore: 'desktop' };
      expect(detail(JSON.stringify({ auths: { 'reg.example': {} }, ...helper }))).to.match(/helper/);
      expect(detail(JSON.stringify({ auths: { 'reg.example': good }, ...helper }))).to.equal('found');
      expect(detail(JSON.stringify({ auths: { 'reg.example': { auth: 7 } }, ...helper }))).to.match(
        /not a str/,
      );
      expect(detail(JSON.stringify({ auths: { 'other.example': good }, ...helper }))).to.match(
        /no entry for/,
      );
      // A name of the older form is one of a registry.
      expect(detail(JSON.stringify({ 'reg.example': {}, credsStore: good }), '.dockercfg')).to.match(
        /^the entry "reg\.example" has neither auth nor/,
      );
    });

    it('points at the nearest key only where it is near', () => {
      const detail = (url: string, ...keys: readonly string[]): unknown => {
        const entry = read(config(Object.fromEntries(keys.map((key) => [key, good]))), url);
        return 'detail' in entry ? /; "[^;]*$/.exec(entry.detail)?.[0] : entry.kind;
      };
      expect(detail('http://reg.example', 'https://reg.example')).to.match(/is for https only$/);
      expect(detail('https://reg.example:5000', 'a.example', 'reg.example')).to.match(
        /"reg\.example" has another port$/,
      );
      expect(detail('https://reg.example', 'reg.example:443/x')).to.match(/is for another path$/);
      expect(detail('https://reg.example', 'registry.example', 'reg.example.net')).to.not.match(
        /is for|has an/,
      );
    });
  });
});

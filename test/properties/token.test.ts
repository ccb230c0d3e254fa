import { expect } from 'chai';
import * as fc from 'fast-check';
import { ERROR_CODES, parseErrorCodes } from '../../src/registry/errors.ts';
import { Secret } from '../../src/registry/secret.ts';
import { grantedActions, isInvalidGrant, parseToken } from '../../src/registry/token.ts';
import { hostile, properties, trees } from '../support/properties.ts';

const leaves = fc.oneof(
  fc.constantFrom(
    '',
    'abc',
    'a b',
    'a\nb',
    'pull',
    'push',
    '*',
    'repository',
    'team/app',
    'invalid_grant',
    1,
    null,
    true,
  ),
  hostile(20),
);
const tokens = fc.oneof(
  trees(['token', 'access_token', 'error', 'expires_in'], leaves).map((tree) => JSON.stringify(tree)),
  fc.integer({ min: 16_380, max: 16_390 }).map((count) => JSON.stringify({ token: 'x'.repeat(count) })),
  hostile(),
);
const bodies = fc.oneof(
  trees(['errors', 'code', 'message', 'detail'], fc.oneof(fc.constantFrom(...ERROR_CODES), leaves)).map(
    (tree) => JSON.stringify(tree),
  ),
  hostile(),
);

/** A member that a JSON object has itself. */
function own(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map<string, unknown>(Object.entries(value)).get(name)
      : undefined;
  } catch {
    return undefined;
  }
}

properties('token', (holds) => {
  holds(
    'row 77: is visible ASCII of at most 16 KiB that is in the answer, or nothing',
    fc.property(tokens, (body) => {
      const token = parseToken(body);
      if (typeof token === 'string')
        return void expect(token).to.be.oneOf(['not-json', 'no-token', 'malformed-token']);
      expect(token.reveal()).to.match(/^[!-~]{1,16384}$/);
      expect([own(body, 'token'), own(body, 'access_token')]).to.include(token.reveal());
      expect(`${String(token)}${JSON.stringify({ token })}`).to.equal('[secret]{"token":"[secret]"}');
    }),
    1000,
  );

  holds(
    'is good for actions that it names, or for none that are known',
    fc.property(trees(['access', 'type', 'name', 'actions'], leaves), hostile(10), (payload, tail) => {
      const encoded = Buffer.from(JSON.stringify(payload)).toString('base64url');
      for (const text of [`h.${encoded}.s`, `h.${encoded}${tail}`, tail]) {
        const actions = grantedActions(new Secret(text), 'team/app');
        if (actions !== undefined) expect(['pull', 'push', 'delete']).to.include.members([...actions]);
      }
    }),
  );

  holds(
    'is refused for good only in so many words',
    fc.property(tokens, (body) => {
      expect(isInvalidGrant(body)).to.equal(own(body, 'error') === 'invalid_grant');
    }),
  );

  holds(
    'E1: an error gives at most three codes of the closed list, each of them in the body',
    fc.property(bodies, (body) => {
      const codes = parseErrorCodes(body);
      expect(codes.length).to.be.at.most(3);
      expect(new Set(codes).size).to.equal(codes.length);
      expect(ERROR_CODES).to.include.members(codes);
      for (const code of codes) expect(body).to.include(JSON.stringify(code));
    }),
    1000,
  );
});

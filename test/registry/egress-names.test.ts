import type { SecureContext } from 'node:tls';
import { expect } from 'chai';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard, Guard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import { createAuthority } from '../support/certificates.ts';
import { createNames, type Answers } from '../support/names.ts';
import { answer, type Turn } from '../support/scripted-registry.ts';
import { openTrap, ownPrivateAddress } from '../support/trap.ts';
import { GOOD, startTwins, type Twins } from '../support/twins.ts';
import { causeOf, never } from './asking.ts';

const NAME = 'registry.example.com';
const PING: Turn = ['GET /v2/', answer(200, { Connection: 'close' }, '{}')];

describe('E3: a connection to a name', () => {
  let trust: SecureContext;
  const twins = new Map<string, Twins>();
  before(async () => {
    const authority = await createAuthority('names');
    trust = createTrust(authority.pem);
    const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'r', dnsNames: [NAME] });
    twins.set('http', await startTwins());
    twins.set('https', await startTwins({ cert, key }));
  });
  after(async () => {
    for (const one of twins.values()) await one.stop();
  });

  const of = (scheme: string): Twins => twins.get(scheme) ?? expect.fail();
  /** What comes of so many requests over the connections of one probe, and how many got where they must not. */
  async function ask(
    scheme: string,
    answers: Answers,
    times: number,
    guard: Guard = createGuard([`${GOOD}/32`]),
  ): Promise<{ readonly causes: readonly string[]; readonly trapped: number }> {
    const { registry, port } = of(scheme);
    of(scheme).reset();
    registry.play(Array.from({ length: times }, () => PING));
    const connection = createNames({ [NAME]: answers }).serve(
      openConnection({ guard, secureContext: trust }),
    );
    const causes: string[] = [];
    try {
      const url = new URL(`${scheme}://${NAME}:${String(port)}/v2/`);
      for (let turn = 0; turn < times; turn += 1)
        causes.push(causeOf(await createSend(connection)({ method: 'GET', url }, never)));
    } finally {
      connection.close();
    }
    return { causes, trapped: of(scheme).trapped };
  }

  // `127.0.0.3` is allowed, and nothing listens there.
  const CLOSED = '127.0.0.3';
  const rows: readonly (readonly [name: string, answers: Answers, causes: readonly string[]])[] = [
    ['with a good address', [[GOOD]], ['200']],
    ['with a denied address', [['127.0.0.1']], ['address-denied']],
    ['with a denied address of IPv6', [['::1']], ['address-denied']],
    ['with a denied address as IPv6 carries it', [['::ffff:127.0.0.1']], ['address-denied']],
    ['with a metadata address', [['169.254.169.254']], ['address-denied']],
    ['with several denied addresses', [['127.0.0.1', '::1', '0.0.0.0']], ['address-denied']],
    ['with a good address before a denied one', [[GOOD, '127.0.0.1']], ['200']],
    ['with a denied address before a good one', [['::1', '127.0.0.1', GOOD]], ['200']],
    ['with a good address that is closed before a denied one', [[CLOSED, '127.0.0.1']], ['address-denied']],
    ['with a denied address before a good one that is closed', [['127.0.0.1', CLOSED]], ['address-denied']],
    ['with good addresses that are closed', [[CLOSED, '127.0.0.4']], ['refused']],
  ];
  for (const scheme of ['http', 'https']) {
    for (const [name, answers, causes] of rows) {
      it(`${name} over ${scheme} gets ${causes.join(', ')} and reaches no denied one`, async () => {
        const guard = createGuard([`${GOOD}/32`, `${CLOSED}/32`, '127.0.0.4/32']);
        expect(await ask(scheme, answers, 1, guard)).to.deep.equal({ causes, trapped: 0 });
      });
    }

    it(`row 69: that flips after the first answer reaches no denied address over ${scheme}`, async () => {
      for (const flipped of [['127.0.0.1'], ['::1'], ['::ffff:7f00:1']])
        expect(await ask(scheme, [[GOOD], flipped], 2)).to.deep.equal({
          causes: ['200', 'address-denied'],
          trapped: 0,
        });
    });

    it(`row 69: is looked up again for each connection over ${scheme}`, async () => {
      const { causes } = await ask(scheme, [[GOOD], ['127.0.0.1'], [GOOD]], 3);
      expect(causes).to.deep.equal(['200', 'address-denied', '200']);
    });

    it(`is judged again once the socket of ${scheme} has an address, before anything is written`, async () => {
      const trap = await openTrap({ host: GOOD });
      try {
        let asked = 0;
        // As if Node had not asked, or had connected elsewhere.
        const late = new Guard(() => ((asked += 1) === 1 ? undefined : 'denied'));
        const connection = openConnection({ guard: late, secureContext: trust });
        const url = new URL(`${scheme}://${GOOD}:${String(trap.port)}/v2/`);
        const cause = causeOf(await createSend(connection)({ method: 'GET', url }, never));
        connection.close();
        expect(cause).to.equal('address-denied');
        expect([asked, trap.bytes]).to.deep.equal([2, 0]);
      } finally {
        await trap.stop();
      }
    });

    it(`row 32: tells over ${scheme} a private address from one that nobody may reach`, async () => {
      const publicOnly = createGuard([], { publicOnly: true });
      const own = ownPrivateAddress() ?? '10.255.255.1';
      const trap = await openTrap();
      try {
        const told = async (...addresses: string[]): Promise<string> => {
          const names = createNames({ [NAME]: [addresses] });
          const connection = names.serve(openConnection({ guard: publicOnly, secureContext: trust }));
          const url = new URL(`${scheme}://${NAME}:${String(trap.port)}/v2/`);
          const answered = await createSend(connection)({ method: 'GET', url }, never);
          connection.close();
          return causeOf(answered);
        };
        expect(await told(own)).to.equal('address-private');
        expect(await told(own, '10.1.1.1')).to.equal('address-private');
        expect(await told(own, '127.0.0.1')).to.equal('address-denied');
        expect(await told('::1', own)).to.equal('address-denied');
        expect(trap.connections).to.equal(0);
      } finally {
        await trap.stop();
      }
    });
  }
});

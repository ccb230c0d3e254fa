import { expect } from 'chai';
import type { Probed } from '../../src/check/observation.ts';
import type { ProbeWorld } from '../../src/check/probe.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { createCanary, formsOf, leaksIn, passwordCanary, type Canary } from '../support/canaries.ts';
import { HOSTILE } from '../support/hostile-servers.ts';
import { answer, challenge, stall, token, type Reply } from '../support/scripted-registry.ts';
import { canaryLogins, type CanaryLogin } from './canary-logins.ts';
import { echo, PLACEMENTS, startOpenRegistry, type OpenRegistry, type Shown } from './echo-registry.ts';
import { visit, type Sinks } from './sinks.ts';

/** Which request of a probe gets the bad answer. */
const STAGES = ['login', 'token', 'upload', 'upload of an open registry', 'cancel', 'manifest'] as const;
type Stage = (typeof STAGES)[number];

const minted = createCanary('minted token', (core) => `m${core}`);

/** A registry that does all that is asked of it, until the stage whose answer is given. */
function until(stage: Stage, url: string, bad: (shown: Shown) => Reply): (shown: Shown) => Reply {
  const basic = stage === 'login' || stage === 'cancel';
  const wanted = challenge(basic ? 'Basic realm="x"' : `Bearer realm="${url}/token",service="x"`);
  const session = answer(202, { Location: '/v2/team/app/blobs/uploads/1' });
  return (shown) => {
    const { method = '', url: path = '' } = shown.request;
    if (path.startsWith('/token')) return stage === 'token' ? bad(shown) : token(minted.value);
    if (path.includes('/manifests/')) return stage === 'manifest' ? bad(shown) : answer(200);
    if (method === 'DELETE') return stage === 'cancel' ? bad(shown) : answer(204);
    if (path.endsWith('/uploads/')) {
      if (stage === 'upload of an open registry') return bad(shown);
      if (shown.logins.length === 0) return wanted;
      return stage === 'upload' ? bad(shown) : session;
    }
    if (stage === 'upload of an open registry') return answer(200);
    if (shown.logins.length === 0) return wanted;
    return stage === 'login' ? bad(shown) : answer(200);
  };
}

/** A word that each sink of a visit has. */
const WORDS = {
  status: '"type":"Ready"',
  events: '"regarding"',
  log: '"level"',
  metrics: 'namespace="team"',
  observation: 'durationMs',
  table: 'team/app',
  json: '"conditions"',
  yaml: 'conditions:',
};

/** The canaries in each sink, as sentences. */
function leaksOf(sinks: Sinks, canaries: readonly Canary[]): readonly string[] {
  return Object.entries(sinks).flatMap(([sink, text]) =>
    leaksIn(text, canaries).map((leak) => `${sink}: ${leak}`),
  );
}

describe('L1, L2, L3, L4, L6, L7: a visit to a hostile registry shows no login', function () {
  this.timeout(60_000);

  let registry: OpenRegistry;
  let logins: readonly CanaryLogin[];
  let world: ProbeWorld;
  before(async () => {
    registry = await startOpenRegistry();
    logins = canaryLogins(new URL(registry.url).host, registry.client);
    const guard = createGuard(['127.0.0.0/8']);
    const contexts = createContexts(registry.authorityPem);
    const open: ProbeWorld['open'] = ({ origin }, tls) => {
      const { secureContext, ownContext } = contexts(tls);
      return openConnection({ guard, secureContext, registry: { origin, secureContext: ownContext } });
    };
    world = { clock, open, tokenHosts: [] };
  });
  after(() => registry.stop());

  /** Each visit so far, as `stage: kind of login`. */
  const tried = new Set<string>();
  /** So many logins, from that turn on. */
  const inTurn = (turn: number, count: number): readonly CanaryLogin[] =>
    Array.from({ length: count }, (_, more) => logins[(turn + more) % logins.length]).filter(
      (login) => login !== undefined,
    );
  const visitWith = (login: CanaryLogin, timeout = '30s'): Promise<Sinks> =>
    visit({ registryUrl: registry.url, world, secret: login.secret, timeout });

  /** Visits with these logins at once: what the sinks show of any of them. */
  const leaksAt = async (
    stage: Stage,
    bad: (shown: Shown) => Reply,
    options: { readonly timeout?: string; readonly by?: readonly CanaryLogin[] } = {},
  ): Promise<readonly string[]> => {
    registry.answer(until(stage, registry.url, bad));
    const found = await Promise.all(
      (options.by ?? logins).map(async (login) => {
        tried.add(`${stage}: ${login.name}`);
        const sinks = await visitWith(login, options.timeout);
        // What is empty shows nothing, and proves nothing.
        for (const [sink, word] of Object.entries(WORDS)) expect(sinks[sink], login.name).to.include(word);
        return leaksOf(sinks, [...login.canaries, minted]).map((leak) => `${login.name}: ${leak}`);
      }),
    );
    return found.flat();
  };

  for (const [at, stage] of STAGES.entries()) {
    // A visit with each login to each of these would take minutes: the kinds take turns, from another one on at each stage.
    for (const [row, { name, reply }] of HOSTILE.filter(
      ({ expected }) => expected !== 'deadline',
    ).entries()) {
      it(`that answers the ${stage} with ${name}`, async () =>
        expect(await leaksAt(stage, reply, { by: inTurn(row + at, 1) })).to.deep.equal([]));
    }

    it(`that has answered the ${stage} so to a login of each kind`, () =>
      expect([...tried].filter((one) => one.startsWith(`${stage}: `))).to.have.length(logins.length));

    it(`that never answers the ${stage}`, async () =>
      expect(await leaksAt(stage, () => stall, { timeout: '1s' })).to.deep.equal([]));

    for (const [row, place] of PLACEMENTS.entries()) {
      it(`that says back in ${place.name}, and everywhere, what it was shown for the ${stage}`, async () => {
        // Of as many statuses as there are kinds: each kind has its turn.
        for (const [turn, status] of [200, 202, 307, 401, 403, 429, 500].entries()) {
          const said = (shown: Shown): Reply => echo(status, place, shown, registry.url);
          const leaks = await leaksAt(stage, said, { by: inTurn(row + turn, 3) });
          expect(leaks, String(status)).to.deep.equal([]);
        }
      });
    }
  }

  it('that says it back with any other status', async () => {
    const [place] = PLACEMENTS;
    if (place === undefined) throw new Error('no placement');
    for (const status of [201, 204, 299, 301, 302, 303, 304, 308, 400, 404, 405, 418, 502, 503, 599]) {
      const leaks = await leaksAt('upload', (shown) => echo(status, place, shown, registry.url), {
        timeout: '5s',
      });
      expect(leaks, String(status)).to.deep.equal([]);
    }
  });

  it('and is told so where the installation shows user names: of the login, nothing else', async () => {
    registry.answer(until('upload', registry.url, () => answer(403)));
    for (const { name, secret, canaries } of logins) {
      const sinks = await visit({ registryUrl: registry.url, world, secret, showPrincipal: true });
      const named = canaries.some((one) => one.name === 'user name');
      const expected = named ? ['status: user name (plain)', 'observation'] : [];
      expect(leaksOf({ status: sinks['status'] ?? '' }, canaries), name).to.deep.equal(expected.slice(0, 1));
      const others = canaries.filter((one) => one.name !== 'user name');
      expect(leaksOf(sinks, others), name).to.deep.equal([]);
    }
  });

  describe('and the search would find it', () => {
    /** A text of the result that nobody searches, with a login in it: what a mistake of ours would do. */
    const mistaken = (form: string) => (probed: Probed) => ({
      ...probed,
      observation: { kind: 'RealmNotTrusted' as const, why: 'other-host' as const, realm: form },
    });

    for (const form of Object.keys(formsOf(''))) {
      it(`in whatever shows a message: ${form}`, async () => {
        registry.answer(until('upload', registry.url, () => answer(403)));
        const canary = passwordCanary();
        const [login] = logins;
        if (login === undefined) throw new Error('no login');
        const sinks = await visit({
          registryUrl: registry.url,
          world,
          secret: login.secret,
          instead: mistaken(formsOf(canary.value)[form] ?? ''),
        });
        const where = leaksOf(sinks, [canary]).map((leak) => leak.slice(0, leak.indexOf(':')));
        expect(new Set(where)).to.deep.equal(
          new Set(['status', 'events', 'log', 'observation', 'table', 'json', 'yaml']),
        );
      });
    }
  });
});

import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import {
  answer,
  drip,
  errors,
  raw,
  reset,
  stall,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  DELETE_TOKEN,
  LOGIN,
  openTable,
  PING,
  POST,
  TIMEOUT_MS,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

describe('cancelUpload', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const withToken = (): Turn[] => [
    [PING, table.wantsBearer()],
    [TOKEN, token('t1')],
    [`${POST} as Bearer t1`, accepted],
  ];
  const withLogin: readonly Turn[] = [
    [PING, wantsBasic],
    [LOGIN, answer(200)],
    [`${POST} as ci`, accepted],
  ];

  it('asks once for a token to cancel where the first is refused: six requests in all', async () => {
    const { observation } = await table.run([
      ...withToken(),
      [`${DELETE} as Bearer t1`, answer(401, {}, errors('UNAUTHORIZED'))],
      [DELETE_TOKEN, token('t2')],
      [`${DELETE} as Bearer t2`, answer(204)],
    ]);
    expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled', login: 'proven' });
    expect(table.diagnose(observation).findings).to.deep.equal([]);
  });

  const tokens: readonly [name: string, reply: Reply][] = [
    ['a 401', answer(401)],
    ['a 403', answer(403)],
    ['a 500', answer(500)],
    ['no token', answer(200, {}, '{}')],
    ['a redirect', answer(302, { Location: '/elsewhere' })],
    ['no answer', reset],
  ];
  for (const [name, reply] of tokens) {
    it(`finds NotPermitted where the token service answers with ${name}, and asks nothing more`, async () => {
      const { observation } = await table.run([
        ...withToken(),
        [`${DELETE} as Bearer t1`, answer(401)],
        [DELETE_TOKEN, reply],
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'NotPermitted' });
      expect(table.diagnose(observation)).to.include({ reason: 'PushAuthorized' });
      expect(table.diagnose(observation).findings.map(({ type }) => type)).to.deep.equal([
        'UploadNotCancelled',
      ]);
    });
  }

  it('finds NotPermitted where the second token is refused as well, and takes no third', async () => {
    const { observation } = await table.run([
      ...withToken(),
      [`${DELETE} as Bearer t1`, answer(401)],
      [DELETE_TOKEN, token('t2')],
      [`${DELETE} as Bearer t2`, answer(401)],
    ]);
    expect(observation).to.include({ cleanup: 'NotPermitted' });
  });

  const replies: readonly [name: string, reply: Reply, cleanup: string][] = [
    ['a 204', answer(204), 'Cancelled'],
    ['a 200', answer(200), 'Cancelled'],
    ['a 202', answer(202), 'Cancelled'],
    ['a 403', answer(403, {}, errors('DENIED')), 'NotPermitted'],
    ['a 404', answer(404, {}, errors('BLOB_UPLOAD_UNKNOWN')), 'Failed'],
    ['a 405', answer(405, {}, errors('UNSUPPORTED')), 'Unsupported'],
    ['a 501', answer(501), 'Unsupported'],
    ['a 429', answer(429), 'Failed'],
    ['a 500', answer(500), 'Failed'],
    ['a redirect', answer(307, { Location: '/v2/elsewhere' }), 'Failed'],
    ['a reset', reset, 'Failed'],
    ['what is not HTTP', raw('garbage\r\n\r\n'), 'Failed'],
  ];
  for (const [name, reply, cleanup] of replies) {
    it(`finds ${cleanup} in ${name}, and the push is authorized all the same`, async () => {
      const { observation } = await table.run([...withToken(), [`${DELETE} as Bearer t1`, reply]]);
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup });
      const { reason, findings } = table.diagnose(observation);
      expect(reason).to.equal('PushAuthorized');
      expect(findings.map(({ type }) => type)).to.deep.equal(
        cleanup === 'Cancelled' ? [] : ['UploadNotCancelled'],
      );
    });
  }

  it('finds NotPermitted in a 401 to a Basic login: there is no token to ask for', async () => {
    const { observation } = await table.run([...withLogin, [`${DELETE} as ci`, answer(401)]]);
    expect(observation).to.include({ cleanup: 'NotPermitted' });
  });

  const endless: readonly [name: string, reply: Reply][] = [
    ['never comes', stall],
    ['drips', drip],
  ];
  for (const [name, reply] of endless) {
    it(`gives up an answer that ${name} after its own budget`, async () => {
      const turns: Turn[] = [...withLogin, [`${DELETE} as ci`, reply]];
      const { probed, clock } = table.start(turns);
      await table.registry.asked(turns.length);
      await clock.advance(CANCEL_BUDGET_MS);
      const { observation, durationMs } = await probed;
      table.verify(turns, await probed);
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed' });
      expect(durationMs).to.equal(CANCEL_BUDGET_MS);
      expect(clock.sleeps).to.deep.equal([]);
    });
  }

  it('has one budget for all its requests', async () => {
    const turns: Turn[] = [...withToken(), [`${DELETE} as Bearer t1`, answer(401)], [DELETE_TOKEN, stall]];
    const { probed, clock } = table.start(turns);
    await table.registry.asked(turns.length);
    await clock.advance(CANCEL_BUDGET_MS);
    table.verify(turns, await probed);
    expect((await probed).observation).to.include({ cleanup: 'NotPermitted' });
  });

  /** Answers when the test says so. */
  function held(reply: Reply): { readonly reply: Reply; readonly release: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { reply: (response) => void promise.then(() => reply(response)), release: resolve };
  }

  it('is not stopped by the deadline of the probe', async () => {
    const { reply, release } = held(answer(204));
    const late = held(accepted);
    const turns: Turn[] = [
      ...withLogin.slice(0, 2),
      [`${POST} as ci`, late.reply],
      [`${DELETE} as ci`, reply],
    ];
    const { probed, clock } = table.start(turns);
    await table.registry.asked(3);
    await clock.advance(TIMEOUT_MS - 1);
    late.release();
    await table.registry.asked(4);
    await clock.advance(CANCEL_BUDGET_MS - 1);
    release();
    expect((await probed).observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
  });

  it('is not stopped by the abort of its caller', async () => {
    const { reply, release } = held(answer(204));
    const turns: Turn[] = [...withLogin, [`${DELETE} as ci`, reply]];
    const { probed, abort } = table.start(turns);
    await table.registry.asked(turns.length);
    abort(new Error('shutdown'));
    release();
    expect((await probed).observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
    expect(table.registry.conversation).to.deep.equal(turns.map(([asked]) => asked));
  });
});

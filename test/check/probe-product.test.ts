import { expect } from 'chai';
import { answer, challenge, reset, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import { tokensAt } from './products/product.ts';
import { LOGIN, openTable, PING, wantsBasic, type ProbeTable } from './probe-table.ts';

const harbor = tokensAt('/service/token', 'harbor-registry');

describe('the product that a probe sees', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const harborThen = (reply: Reply): readonly Turn[] => [
    [PING, challenge(harbor.wants(table.registry.url))],
    [harbor.push, reply],
  ];
  const rows: readonly (readonly [
    name: string,
    turns: () => readonly Turn[],
    product: string | undefined,
  ])[] = [
    ['is known where the token request gets no answer', () => harborThen(reset), 'harbor'],
    ['is known where the token service fails', () => harborThen(answer(500)), 'harbor'],
    ['is known where what was granted is no token', () => harborThen(token('')), 'harbor'],
    [
      'is known where the token service is not trusted, and nothing is sent',
      () => [[PING, challenge(harbor.wants(table.elsewhere.url))]],
      'harbor',
    ],
    [
      'is known where its first answer is a failure',
      () => [
        [PING, challenge('Basic realm="harbor"')],
        [LOGIN, answer(503)],
      ],
      'harbor',
    ],
    [
      'is known by a header where the ping ends it',
      () => [[PING, answer(503, { 'Gitlab-Container-Registry-Version': '4.15.0' })]],
      'gitlab',
    ],
    ['is unknown where the ping gets no answer', () => [[PING, reset]], undefined],
    [
      'is unknown where the ping shows no sign',
      () => [
        [PING, wantsBasic],
        [LOGIN, answer(401)],
      ],
      undefined,
    ],
    [
      'is not taken from later answers',
      () => [
        [PING, wantsBasic],
        [LOGIN, challenge('Basic realm="harbor"')],
      ],
      undefined,
    ],
  ];
  for (const [name, turns, product] of rows) {
    it(name, async () => {
      const probed = await table.run(turns());
      expect(probed.product).to.equal(product);
    });
  }
});

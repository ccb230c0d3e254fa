import { connect } from 'node:net';
import { expect } from 'chai';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aRegistry } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { answer, startScriptedRegistry } from '../support/scripted-registry.ts';

describe('probe of Docker Hub', () => {
  it('means library/NAME by a repository NAME of one part, in all requests', async () => {
    const hub = await startScriptedRegistry();
    try {
      const { port } = new URL(hub.url);
      const { secureContext } = createContexts(undefined)(undefined);
      const world: ProbeWorld = {
        open: () => {
          const connection = openConnection({ guard: createGuard([]), secureContext });
          // Whatever is asked goes to the script, without TLS.
          connection.https.createConnection = () => connect(Number(port), '127.0.0.1');
          return connection;
        },
        clock: createFakeClock(),
        tokenHosts: [],
      };
      const turns = [
        ['GET /v2/', answer(200)],
        ['POST /v2/library/app/blobs/uploads/', answer(202, { Location: '/v2/library/app/blobs/uploads/1' })],
        ['DELETE /v2/library/app/blobs/uploads/1', answer(204)],
        ['HEAD /v2/library/debian/manifests/latest', answer(200)],
      ] as const;
      hub.play(turns);
      const job = {
        registry: aRegistry('docker.io'),
        repository: 'app',
        credential: undefined,
        pull: { repository: 'debian', reference: 'latest' },
        timeoutMs: 1000,
      };
      const { observation, pull } = await probe(job, world, new AbortController().signal);
      expect(hub.conversation).to.deep.equal(turns.map(([asked]) => asked));
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
    } finally {
      await hub.stop();
    }
  });
});

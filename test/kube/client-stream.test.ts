import { once } from 'node:events';
import { expect } from 'chai';
import { KubeNetworkError } from '../../src/kube/client.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { arrived, clientOf, failureOf, GET, NEVER } from '../support/kube-client.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

describe('stream of a KubeClient', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.stop());

  it('gives the lines of the body, however they are cut into chunks', async () => {
    const client = await clientOf(server);
    const body = Buffer.from('{"a":"ä🦭"}\n\n{"b":2}\nlast');
    server.answer((_, response) => {
      const write = async (): Promise<void> => {
        for (const byte of body) {
          response.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      };
      void write();
    });
    expect(await collect(await client.stream(GET, NEVER))).to.deep.equal(['{"a":"ä🦭"}', '{"b":2}', 'last']);
  });

  it('gives a line as soon as it is complete', async () => {
    const client = await clientOf(server);
    server.answer((_, response) => void response.write('one\ntw'));
    for await (const line of await client.stream(GET, NEVER)) {
      expect(line).to.equal('one');
      break;
    }
  });

  it('closes the connection when the loop is left', async () => {
    const client = await clientOf(server);
    let closed: Promise<unknown> | undefined;
    server.answer((request, response) => {
      closed = once(request.socket, 'close');
      response.write('one\n');
    });
    for await (const line of await client.stream(GET, NEVER)) {
      expect(line).to.equal('one');
      break;
    }
    await closed;
  });

  it('rejects when the server refuses', async () => {
    const client = await clientOf(server);
    server.answer((_, response) => response.writeHead(410).end('{"reason":"Expired"}'));
    expect(await failureOf(client.stream(GET, NEVER))).to.include({ status: 410, reason: 'Expired' });
  });

  it('throws a network error when the connection breaks', async () => {
    const client = await clientOf(server);
    server.answer((request, response) => {
      response.write('one\n');
      setTimeout(() => request.socket.destroy(), 10);
    });
    const lines = await client.stream(GET, NEVER);
    expect(await failureOf(collect(lines))).to.be.instanceOf(KubeNetworkError);
  });

  it('throws the reason of an abort', async () => {
    const client = await clientOf(server);
    server.answer((_, response) => void response.write('one\n'));
    const stop = new AbortController();
    const reason = new Error('shutting down');
    const lines = await client.stream(GET, stop.signal);
    setTimeout(() => stop.abort(reason), 10);
    expect(await failureOf(collect(lines))).to.equal(reason);
  });

  it('ends at its deadline, and at 30 s where not even the head comes', async () => {
    const clock = createFakeClock();
    const client = await clientOf(server, {}, { clock });
    const request = { ...GET, timeoutMs: 35_000 };
    server.answer((_, response) => void response.write('one\n'));
    const outcome = failureOf(collect(await client.stream(request, NEVER)));
    await clock.advance(34_999);
    expect(clock.sleeps).to.deep.equal([35_000]);
    await clock.advance(1);
    expect(await outcome, 'whole').to.have.property('code', 'ETIMEDOUT');

    server.answer(() => undefined);
    const head = failureOf(client.stream(request, NEVER));
    await arrived(server, 2);
    await clock.advance(30_000);
    expect(await head, 'head').to.have.property('code', 'ETIMEDOUT');
    expect(clock.sleeps).to.deep.equal([]);
  });

  it('leaves no timer behind, however it ends', async () => {
    const clock = createFakeClock();
    const client = await clientOf(server, {}, { clock });
    server.answer((_, response) => response.writeHead(410).end('{}'));
    await failureOf(client.stream(GET, NEVER));
    expect(clock.sleeps, 'refused').to.deep.equal([]);
    server.answer((_, response) => response.end('one\n'));
    await collect(await client.stream(GET, NEVER));
    expect(clock.sleeps, 'at the end').to.deep.equal([]);
    server.answer((_, response) => void response.write('one\n'));
    for await (const line of await client.stream(GET, NEVER)) {
      expect(line).to.equal('one');
      break;
    }
    expect(clock.sleeps, 'left').to.deep.equal([]);
  });

  it('refuses a line without end', async () => {
    const client = await clientOf(server);
    server.answer((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'x');
      for (let count = 0; count < 18; count += 1) response.write(chunk);
    });
    const lines = await client.stream(GET, NEVER);
    expect(await failureOf(collect(lines))).to.have.property('code', 'RESPONSE_TOO_LARGE');
  });
});

import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port of 127.0.0.1 that answers no attempt to connect, as behind a firewall that drops packets. */
export interface FullListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens, and then blocks its thread: nothing is ever accepted. */
const LISTEN = `
const { parentPort } = require('node:worker_threads');
const listener = require('node:net').createServer();
listener.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  parentPort.postMessage(listener.address().port);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** More connections than the queue of the listener takes (tcp(7): one more than the backlog). */
const FILLERS = 8;

/** Starts a listener whose queue is full: the kernel drops whatever comes. */
export async function startFullListener(): Promise<FullListener> {
  const worker = new Worker(LISTEN, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: FILLERS }, () =>
    // The end of the listener resets those that were taken.
    createConnection(port, '127.0.0.1').on('error', () => {}),
  );
  const [first] = fillers;
  if (first?.connecting === true) await once(first, 'connect');
  return {
    port,
    stop: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

import type { Workqueue } from '../../src/kube/workqueue.ts';

/** The next key, if it is the turn of one. */
export async function takeNow(queue: Workqueue): Promise<string | undefined> {
  const stop = new AbortController();
  const key = queue.next(stop.signal).catch(() => undefined);
  stop.abort(new Error('nothing to do'));
  return key;
}

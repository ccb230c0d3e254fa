import { join } from 'node:path';
import { expect } from 'chai';
import { runProcess } from '../support/processes.ts';
import { openTrap } from '../support/trap.ts';
import { GOOD } from '../support/twins.ts';

const SCRIPT = join(import.meta.dirname, '..', 'support', 'ask-several.ts');

describe('E3: a process that asks a name with several addresses over https', () => {
  // 127.0.0.1 is blocked, and at 127.0.0.3 nothing listens: either makes Node go on to the next address.
  for (const first of ['127.0.0.1', '127.0.0.3']) {
    it(`goes on where ${first} is the first of them`, async () => {
      const trap = await openTrap({ host: GOOD });
      try {
        const args = [SCRIPT, String(trap.port), first, GOOD];
        const { code, stdout } = await runProcess({ name: 'ask', file: process.execPath, args, env: {} });
        expect({ code, said: stdout.trim() }).to.deep.equal({ code: 0, said: 'tls-not-tls' });
        expect(trap.connections).to.equal(1);
      } finally {
        await trap.stop();
      }
    });
  }
});

import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import { createNames } from './names.ts';

/** A process of its own: pings a name, whose first addresses lead nowhere, over https, and prints the status or what went wrong. */
const [port = '', ...addresses] = process.argv.slice(2);
const guard = createGuard(['127.0.0.2/32', '127.0.0.3/32']);
const connection = createNames({ 'registry.example.com': [addresses] }).serve(
  openConnection({ guard, secureContext: createTrust(undefined) }),
);
const url = new URL(`https://registry.example.com:${port}/v2/`);
const answered = await createSend(connection)({ method: 'GET', url }, new AbortController().signal);
connection.close();
console.log(answered.kind === 'failed' ? answered.cause : answered.status);

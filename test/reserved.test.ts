import { expect } from 'chai';
import { createGuard } from '../src/registry/egress.ts';
import { reservedHosts } from '../src/reserved.ts';

const EVERYTHING = ['0.0.0.0/0', '::/0'];

/** Whether a connection to host:port that gets to `address` is blocked although everything is allowed. */
function blocks(
  server: string,
  env: Readonly<Record<string, string>>,
  [host, port, address = host]: readonly [host: string, port: number, address?: string],
): boolean {
  const { reserved } = reservedHosts(server, env);
  return createGuard(EVERYTHING, { reserved }).toward({ host, port }).check(address);
}

describe('E3: reservedHosts', () => {
  const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', NODE_IP: '10.0.0.7,fd00::7' };
  const POD6 = { KUBERNETES_SERVICE_HOST: 'fd00:10:96::1' };
  type Row = readonly [
    name: string,
    server: string,
    env: Readonly<Record<string, string>>,
    to: readonly [host: string, port: number, address?: string],
    blocked: boolean,
  ];
  const rows: readonly Row[] = [
    ['the API server of the pod', 'https://10.96.0.1:443', POD, ['10.96.0.1', 443], true],
    ['any port there', 'https://10.96.0.1:443', POD, ['10.96.0.1', 5000], true],
    ['it by a name', 'https://10.96.0.1:443', POD, ['kubernetes.default.svc', 443, '10.96.0.1'], true],
    [
      'its name at another address',
      'https://10.96.0.1',
      POD,
      ['kubernetes.default.svc', 443, '10.9.9.9'],
      true,
    ],
    ['it at another port', 'https://10.96.0.1', POD, ['kubernetes.default.svc', 8443, '10.9.9.9'], true],
    ['another Service', 'https://10.96.0.1', POD, ['10.96.0.2', 443], false],
    ['it over IPv6', 'https://[fd00:10:96::1]:443', POD6, ['fd00:10:96::1', 8443], true],
    ['the kubelet of the node', 'https://10.96.0.1', POD, ['node.example', 10250, '10.0.0.7'], true],
    ...[2379, 2380, 6443, 9345, 10250, 10255, 10256, 10257, 10259, 16443].flatMap((port): readonly Row[] => [
      [`port ${String(port)} of the node`, 'https://10.96.0.1', POD, ['10.0.0.7', port], true],
      [`port ${String(port)} of it over IPv6`, 'https://10.96.0.1', POD, ['fd00::7', port], true],
    ]),
    ['a registry on the node', 'https://10.96.0.1', POD, ['10.0.0.7', 443], false],
    ['a registry at a port of the node', 'https://10.96.0.1', POD, ['10.0.0.7', 30500], false],
    ['the kubelet of another node', 'https://10.96.0.1', POD, ['10.0.0.8', 10250], false],
    ['the server of a kubeconfig', 'https://127.0.0.1:6443', {}, ['localhost', 6443, '127.0.0.1'], true],
    ['its default port', 'https://api.example', {}, ['api.example', 443, '192.168.1.1'], true],
    ['another port of it', 'https://127.0.0.1:6443', {}, ['127.0.0.1', 5000], false],
    ['its name at its port', 'https://API.example.:6443/prefix', {}, ['api.example', 6443, '1.1.1.1'], true],
    ['its name at another port', 'https://api.example:6443', {}, ['api.example', 443, '1.1.1.1'], false],
    [
      'the API server of the pod beside that of a kubeconfig',
      'https://far.example:6443',
      POD,
      ['10.96.0.1', 443],
      true,
    ],
    [
      'the names of a Service outside a cluster',
      'https://a.example',
      {},
      ['kubernetes.default', 443, '1.1.1.1'],
      false,
    ],
  ];
  for (const [name, server, env, to, blocked] of rows) {
    it(`row 9: ${blocked ? 'keeps checks from' : 'leaves to checks'} ${name}`, () =>
      expect(blocks(server, env, to)).to.equal(blocked));
  }

  it('row 9: learns the addresses of a server that is known by name', () => {
    const { reserved, learn } = reservedHosts('https://api.example:6443', { NODE_IP: '' });
    const guard = createGuard(EVERYTHING, { reserved });
    const other = (port: number): boolean => guard.toward({ host: 'x.example', port }).check('10.2.3.4');
    expect(other(6443)).to.equal(false);
    learn('::ffff:10.2.3.4');
    expect([other(6443), other(443)]).to.deep.equal([true, false]);
  });
});

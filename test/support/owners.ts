/**
 * Hosts and whose they are, by hand: what the rules make of the public suffix list has to agree. A host that is an owner of its own
 * belongs to nobody else, whatever its name ends with.
 */
const OWNERS: ReadonlyMap<string, string> = new Map([
  ...of('acme', 'acme.com', 'reg.acme.com', 'auth.acme.com', 'a.b.acme.com'),
  ...of('evil', 'evil.com', 'acme.com.evil.com', 'reg.evil.com'),
  ...of('acme in Britain', 'acme.co.uk', 'reg.acme.co.uk'),
  ...of('evil in Britain', 'evil.co.uk', 'reg.evil.co.uk'),
  ...of(
    'Docker Hub',
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'registry.hub.docker.com',
    'auth.docker.io',
  ),
  ...of('gitlab.com', 'registry.gitlab.com', 'gitlab.com'),
  ...of('GitHub', 'ghcr.io'),
  // Amazon answers for all of them, and a wildcard over accounts is a documented way to write a key.
  ...of('Amazon', '1.dkr.ecr.eu-west-1.amazonaws.com', '2.dkr.ecr.eu-west-1.amazonaws.com'),
  ...of('the namespace team', 'reg.team.svc.cluster.local', 'auth.team.svc.cluster.local', 'reg.team.svc'),
  ...of('the namespace evil', 'reg.evil.svc.cluster.local', 'reg.evil.svc'),
  ...alone(
    'acme.azurecr.io',
    'evil.azurecr.io',
    'acme.jfrog.io',
    'evil.jfrog.io',
    'acme.github.io',
    'evil.github.io',
    'bucket.s3.amazonaws.com',
    'evil.s3.amazonaws.com',
    'evil.docker.io',
    'registry',
    'localhost',
    'reg.internal',
    'evil.internal',
    '10.0.0.7',
    '10.0.0.8',
    '[fd00::1]',
    '[fd00::2]',
    '10.0.0.7.nip.io',
    '10.0.0.8.nip.io',
  ),
]);

/** The hosts whose owner is known. */
export const HOSTS: readonly string[] = [...OWNERS.keys()];

/** Whose a host is: of the list, or below `evil.com`, where anybody has any name. */
export function ownerOf(host: string): string | undefined {
  return host.endsWith('.evil.com') ? 'evil' : OWNERS.get(host);
}

function of(owner: string, ...hosts: readonly string[]): readonly (readonly [string, string])[] {
  return hosts.map((host) => [host, owner]);
}

function alone(...hosts: readonly string[]): readonly (readonly [string, string])[] {
  return hosts.map((host) => [host, host]);
}

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** A tag, or a digest of any algorithm (distribution-spec v1.1, `<reference>`; image-spec v1.1, `digest`). */
const REFERENCE = /^(?:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]{32,})$/;
const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** What is wrong with `spec.pushTestRepository`, as a sentence; undefined where it is good. */
export function pushRepositoryProblem(repository: string): string | undefined {
  const tagged = 'without :tag and without @digest';
  return repositoryProblem('pushTestRepository', repository, tagged, 'for example team/doctor-test');
}

/** What is wrong with `spec.pull.repository`, as a sentence; undefined where it is good. */
export function pullRepositoryProblem(repository: string): string | undefined {
  const tagged = 'as :tag or @digest belongs into pull.reference';
  return repositoryProblem('pull.repository', repository, tagged, 'for example team/base');
}

/** distribution-spec v1.1, `<name>`. */
function repositoryProblem(
  field: string,
  repository: string,
  tagged: string,
  example: string,
): string | undefined {
  if (repository === '' || repository.length > 255) {
    return `${field} must be 1 to 255 characters long, ${example}`;
  }
  if (REPOSITORY.test(repository)) return undefined;
  if (repository.includes('://')) {
    return `${field} must be the repository only, as the registry stands in registryUrl, ${example}`;
  }
  if (/[:@]/.test(repository)) return `${field} must be the repository only, ${tagged}, ${example}`;
  if (/[A-Z]/.test(repository)) {
    return `${field} must be in lower case, as registries know no upper-case repositories, ${example}`;
  }
  return `${field} must be made of lower-case letters and digits, joined by single . _ - or __ and divided by single slashes, ${example}`;
}

/** What is wrong with `spec.pull.reference`, as a sentence; undefined where it is good. */
export function referenceProblem(reference: string): string | undefined {
  const example = 'for example latest';
  if (reference === '' || reference.length > 200) {
    return `pull.reference must be 1 to 200 characters long, ${example}`;
  }
  if (REFERENCE.test(reference) && (!reference.startsWith('sha256:') || SHA256.test(reference))) {
    return undefined;
  }
  if (reference.includes('@'))
    return `pull.reference must be either a tag or a digest, without @, ${example}`;
  if (reference.includes('/')) {
    return `pull.reference must be the tag or digest only, without slashes, as the repository stands in pull.repository, ${example}`;
  }
  if (reference.includes(':')) {
    return `pull.reference must be a tag without colon or a whole digest: sha256: and 64 digits from 0 to 9 and a to f, ${example}`;
  }
  return `pull.reference must be a tag of at most 128 letters, digits and . _ - that begins with a letter, a digit or _, ${example}`;
}

/** What is wrong with `spec.existingSecret` (RFC 1123 subdomain), as a sentence; undefined where it is good. */
export function secretNameProblem(name: string): string | undefined {
  const example = 'for example registry-credentials';
  if (name === '') {
    return `existingSecret must be the name of a Secret, ${example}; leave it out to probe without a credential`;
  }
  if (name.length > 253) return `existingSecret must be at most 253 characters long, ${example}`;
  if (SUBDOMAIN.test(name)) return undefined;
  if (name.includes('/')) {
    return `existingSecret must be the name of a Secret in the namespace of this check, without a namespace and without slashes, ${example}`;
  }
  return `existingSecret must be the name of a Secret: lower-case letters, digits, - and . with a letter or digit at both ends, ${example}`;
}

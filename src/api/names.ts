const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** What is wrong with `spec.pushTestRepository` (distribution-spec v1.1, `<name>`), as a sentence; undefined where it is good. */
export function repositoryProblem(repository: string): string | undefined {
  const example = 'for example team/doctor-test';
  if (repository === '' || repository.length > 255) {
    return `pushTestRepository must be 1 to 255 characters long, ${example}`;
  }
  if (REPOSITORY.test(repository)) return undefined;
  if (repository.includes('://')) {
    return `pushTestRepository must be the repository only, as the registry stands in registryUrl, ${example}`;
  }
  if (/[:@]/.test(repository)) {
    return `pushTestRepository must be the repository only, without :tag and without @digest, ${example}`;
  }
  if (/[A-Z]/.test(repository)) {
    return `pushTestRepository must be in lower case, as registries know no upper-case repositories, ${example}`;
  }
  return `pushTestRepository must be made of lower-case letters and digits, joined by single . _ - or __ and divided by single slashes, ${example}`;
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

import type { ScriptedRegistry } from './scripted-registry.ts';

/** The header fields that a request may have, and what may stand in them. There is no other field, and none of a user's. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  Accept: /^application\/(?:json|vnd\.[a-z.+, /0-9]+json)$/,
  'Accept-Encoding': /^identity$/,
  'User-Agent': /^registry-push-check$/,
  Authorization: /^(?:Basic|Bearer) [\x21-\x7e]+$/,
  Host: /^[a-z0-9.:[\]-]+$/,
  Connection: /^keep-alive$/,
  'Content-Length': /^\d+$/,
  'Content-Type': /^application\/x-www-form-urlencoded$/,
};

/** A scope of ours: one repository, and no more than the request is for. */
const SCOPE = 'repository:[a-z0-9._/-]+:(?:pull|pull,push|delete)';

/** The form that an identity token is exchanged by. */
const FORM = `grant_type=refresh_token&client_id=registry-push-check(?:&service=[^&]*)?(?:&scope=${SCOPE})?&refresh_token=[^&]+`;

/**
 * A token service may have a query of its own and any path, but for those that the protocol has for other questions; the scope is
 * ours, and stands at the end.
 */
const TOKEN = String.raw`(?!\/v2\/(?:_|[^ ?]*\/))\/[^ ?]*(?:\?(?!scope=)[^ &]*(?:&(?!scope=)[^ &]*)*)?(?:[?&]scope=${SCOPE})?`;

/** What a request may ask, by its line in the conversation. */
const REQUESTS: readonly RegExp[] = [
  /^GET (?:\/[^ ?]+)?\/v2\/(?: as .+)?$/,
  /^GET (?:\/[^ ?]+)?\/v2\/[^ ?]+\/tags\/list(?: as .+)?$/,
  /^POST (?:\/[^ ?]+)?\/v2\/[^ ?]+\/blobs\/uploads\/(?:\?(?!.*(?:digest|mount|from)=)[^ ]*)?(?: as .+)?$/,
  /^DELETE (?:\/[^ ?]+)?\/v2\/[^ ?]+\/blobs\/uploads?\/[^/ ?]+\/?(?:\?[^ ]*)?(?: as .+)?$/,
  // A registry may redirect this one to any path of its own.
  /^HEAD \/[^ ?]+(?:\?[^ ]*)?(?: as .+)?$/,
  new RegExp(`^GET ${TOKEN}(?: as .+)?$`),
  new RegExp(String.raw`^POST \/[^ ?]*(?:\?[^ ]*)? with ${FORM}$`),
];

/** What of a conversation is no request of a probe: the lines and header fields that the closed lists do not have. */
export function unexpectedIn({
  conversation,
  rawHeaders,
}: Pick<ScriptedRegistry, 'conversation' | 'rawHeaders'>): readonly string[] {
  const lines = conversation.filter((line) => !REQUESTS.some((shape) => shape.test(line)));
  const fields = rawHeaders.flatMap((raw) =>
    raw.flatMap((name, index) => {
      if (index % 2 === 1 || FIELDS[name]?.test(raw[index + 1] ?? '') === true) return [];
      return [name];
    }),
  );
  const twice = rawHeaders.flatMap((raw) => {
    const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    return names.filter((name, index) => names.indexOf(name) !== index);
  });
  return [...lines, ...fields, ...twice];
}

/**
 * A sentence of an advice, or a sentence and a command. As a pair: whoever has a URL, a container or a service alone reads other words
 * than somebody with a check in a cluster, or none (undefined).
 */
export type Text = string | { readonly cluster: string; readonly elsewhere: string | undefined };

/** What a text says about a check in a cluster. */
export function clusterText(text: Text): string {
  return typeof text === 'string' ? text : text.cluster;
}

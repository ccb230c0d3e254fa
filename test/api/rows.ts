/** The rows of the table of bad input (numbers 1 to 34: the check), by the names of the samples that belong to them. */
const ROWS: readonly (readonly [row: number, names: RegExp])[] = [
  [1, /^registryUrl (?:empty|too long|missing|null|of 100 kB)$/],
  [2, /^registryUrl with .*(?:user|password)/],
  [3, /^registryUrl with (?:a|an empty) (?:query|fragment)$/],
  [4, /^registryUrl of (?:ftp|a file|data|javascript|oci)$/],
  [5, /^registryUrl (?:that climbs|with a dot segment)/],
  [6, /^registryUrl with (?:port|a huge port|a word for a port|an address out of range)/],
  [10, /^registryUrl with (?:an empty label|a trailing dot|a host of|a label of)/],
  [11, /^registryUrl (?:in Cyrillic|with a full-width dot)$/],
  [
    15,
    /^pushTestRepository (?:that climbs|in upper case|with an empty segment|with a leading slash|of 300 characters)$/,
  ],
  [16, /^pushTestRepository with (?:a tag|a digest|tag and)/],
  [17, /^existingSecret (?:of another namespace|with a namespace|in upper case|of 300 characters)$/],
  [21, /^interval (?!as )/],
  [22, /^timeout /],
  [23, /^schedule beside interval$/],
  [24, /^schedule (?:of|with|in|empty)\b/],
  [25, /^schedule on /],
  [26, /^timeZone (?:unknown|local)$/],
  [27, /^unknown field|^\S+ as (?:a|a number|a list|a boolean|a string)\b/],
  [31, /^pull\.reference (?!as )/],
];

/** `row 2: ` for the title of a test of a sample, `row 2, row 3: ` where it belongs to several, nothing where to none. */
export function rowLabel(sample: string): string {
  const rows = ROWS.filter(([, names]) => names.test(sample)).map(([row]) => `row ${String(row)}`);
  return rows.length === 0 ? '' : `${rows.join(', ')}: `;
}

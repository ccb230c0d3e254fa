import { reporters } from 'mocha';

/** Mocha's spec reporter, and on the last line `N passed, N failed` for whoever counts. */
export default class Reporter extends reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures } = this.stats;
    process.stdout.write(`${String(passes)} passed, ${String(failures)} failed\n`);
  }
}

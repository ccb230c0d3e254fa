const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  throw new Error(
    `Tests need Node 24 or newer and run on ${process.version}. Run "npm ci" (without --omit=optional), then "npm test".`,
  );
}
// Mocha adds the files of the command line to `spec`: who names files wants these and no others.
const named = process.argv.slice(2).some((argument) => argument.endsWith('.test.ts'));
// All tests, against real servers, which the global set-up starts.
module.exports = {
  spec: named ? [] : ['test/**/*.test.ts'],
  extension: ['ts'],
  require: ['./test/support/global-setup.ts'],
  reporter: './test/support/reporter.ts',
  timeout: 20_000,
  forbidOnly: true,
  forbidPending: true,
  // A failed test may leave a server or a socket open: the run must end all the same.
  exit: true,
};

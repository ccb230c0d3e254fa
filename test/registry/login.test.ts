import { inspect } from 'node:util';
import { expect } from 'chai';
import { basic, bearer } from '../../src/registry/login.ts';
import { Secret } from '../../src/registry/secret.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';

describe('basic', () => {
  const rows: readonly [name: string, username: string, password: string, value: string][] = [
    ['encodes the example of RFC 7617', 'Aladdin', 'open sesame', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['encodes UTF-8', 'test', '123£', 'Basic dGVzdDoxMjPCow=='],
    ['keeps colons of the password', 'u', 'a:b', 'Basic dTphOmI='],
    ['keeps white space', 'u', ' p ', 'Basic dTogcCA='],
    ['takes an empty user name', '', 'token', 'Basic OnRva2Vu'],
  ];
  for (const [name, username, password, value] of rows) {
    it(name, () =>
      expect(basic({ kind: 'password', username, password: new Secret(password) }).reveal()).to.equal(value),
    );
  }

  it('gives a value that cannot print', () => {
    const value = basic({ kind: 'password', username: 'ci', password: new Secret(CANARY) });
    expect(leaksOf(`${inspect(value)} ${JSON.stringify(value)} ${String(value)}`)).to.deep.equal([]);
    expect(inspect(value)).to.equal('[secret]');
  });
});

describe('bearer', () => {
  it('puts the scheme before the token, and cannot print either', () => {
    const value = bearer(new Secret('abc.def'));
    expect(value.reveal()).to.equal('Bearer abc.def');
    expect(inspect(value)).to.equal('[secret]');
  });
});

import { AxiosError } from 'axios';
import { expect } from 'chai';
import fc from 'fast-check';
import { networkFailure, type NetworkCause } from '../../src/registry/failure.ts';

const withCode = (code: string, more: object = {}): Error =>
  Object.assign(new Error('words'), { code, ...more });

describe('networkFailure', () => {
  const codes: Readonly<Record<NetworkCause, readonly string[]>> = {
    'name-not-found': ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL', 'EAI_NONAME'],
    refused: ['ECONNREFUSED'],
    unreachable: ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN'],
    'connect-timeout': ['ETIMEDOUT'],
    'tls-timeout': [],
    reset: ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'],
    'body-too-large': ['BODY_TOO_LARGE'],
    deadline: [],
    'address-denied': ['ERR_IP_BLOCKED'],
    'address-private': [],
    protocol: [
      'HPE_INVALID_CONSTANT',
      'HPE_HEADER_OVERFLOW',
      'HPE_UNEXPECTED_CONTENT_LENGTH',
      'ERR_UNHEARD_OF',
    ],
    'own-resources': ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
    'proxy-unreachable': ['proxy-unreachable'],
    'proxy-denied': ['proxy-denied'],
    'proxy-tls': ['proxy-tls'],
    'proxy-timeout': [],
    'proxy-login': ['proxy-login'],
    'proxy-refused': ['proxy-refused'],
    'proxy-gateway': ['proxy-gateway'],
    'proxy-answer': ['proxy-answer'],
    'tls-expired': ['CERT_HAS_EXPIRED'],
    'tls-not-yet-valid': ['CERT_NOT_YET_VALID'],
    'tls-wrong-name': ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'],
    'tls-unknown-authority': [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_UNTRUSTED',
      'INVALID_CA',
    ],
    'tls-not-tls': ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    'tls-other': [
      'CERT_REVOKED',
      'CERT_SIGNATURE_FAILURE',
      'CRL_HAS_EXPIRED',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'ERR_TLS_INVALID_CONTEXT',
      'INVALID_PURPOSE',
    ],
  };
  for (const [cause, list] of Object.entries(codes)) {
    for (const code of list) {
      it(`finds ${cause} in ${code}`, () =>
        expect(networkFailure(withCode(code))).to.deep.equal({ kind: 'failed', cause }));
    }
  }

  const shapes: readonly [name: string, error: unknown, cause: NetworkCause][] = [
    ['looks into an axios error', AxiosError.from(withCode('ECONNREFUSED')), 'refused'],
    [
      'looks into causes',
      withCode('ERR_BAD_RESPONSE', { cause: withCode('CERT_HAS_EXPIRED') }),
      'tls-expired',
    ],
    [
      'looks into the errors of several addresses',
      Object.assign(new AggregateError([withCode('ENETUNREACH'), withCode('ECONNREFUSED')]), {
        code: 'ECONNREFUSED',
      }),
      'unreachable',
    ],
    [
      'lets one denied address among several decide',
      withCode('ECONNREFUSED', {
        cause: new AggregateError([withCode('ECONNREFUSED'), withCode('ERR_IP_BLOCKED')]),
      }),
      'address-denied',
    ],
    [
      'finds in the words of OpenSSL that it was no TLS',
      withCode('EPROTO', {
        message:
          'write EPROTO 40:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../a.c:78:\n',
      }),
      'tls-not-tls',
    ],
    [
      'finds in the words of OpenSSL that it was TLS',
      withCode('EPROTO', {
        message:
          'write EPROTO 40:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:../a.c:9:\n',
      }),
      'tls-other',
    ],
    ['finds a TLS failure in EPROTO without words', withCode('EPROTO'), 'tls-other'],
    ['takes a text for a protocol error', 'words', 'protocol'],
    ['takes undefined for a protocol error', undefined, 'protocol'],
    ['takes null for a protocol error', null, 'protocol'],
    ['takes a code that is no text for a protocol error', { code: 7 }, 'protocol'],
    ['takes a code of every object for a protocol error', { code: 'constructor' }, 'protocol'],
  ];
  for (const [name, error, cause] of shapes) {
    it(name, () => expect(networkFailure(error)).to.deep.equal({ kind: 'failed', cause }));
  }

  it('ends on an error that is its own cause', () => {
    const error = withCode('X');
    error.cause = Object.assign(new Error('y'), { cause: error });
    expect(networkFailure(error)).to.include({ cause: 'protocol' });
  });

  it('L1: holds nothing of the error but one of its causes', () => {
    fc.assert(
      fc.property(fc.anything(), (error) => {
        const failure = networkFailure(error);
        expect(Object.keys(failure)).to.deep.equal(['kind', 'cause']);
        expect(Object.keys(codes)).to.include(failure.cause);
      }),
    );
  });
});

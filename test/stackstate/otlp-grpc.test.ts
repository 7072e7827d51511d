import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { startForTest } from '../support/stackstate.ts';
import { type OtlpGrpc, startOtlpGrpc } from './otlp-grpc.ts';

const traces = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Exports an empty message as a collector would. @returns the status of the call. */
async function exportOver({ endpoint, caPem }: OtlpGrpc, authorization?: string, path = traces): Promise<string> {
  const session = connect(caPem === '' ? `http://${endpoint}` : `https://${endpoint}`, { ca: caPem });
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(authorization === undefined ? {} : { authorization }),
  });
  stream.end(Buffer.alloc(5));
  return new Promise((resolve, reject) => {
    const tell = (headers: Record<string, unknown>) => {
      if ('grpc-status' in headers)
        resolve(`${headers['grpc-status']} ${decodeURIComponent(String(headers['grpc-message'] ?? ''))}`);
    };
    stream.on('response', tell).on('trailers', tell).on('error', reject).resume();
  });
}

test.each([false, true])(
  'a collector exports over gRPC with a live key, and is unauthenticated without (TLS: %s)',
  async (tls) => {
    const stackState = await startForTest({ scheme: 'SUSEObservability' });
    const { apiKey } = stackState.seed({ name: 'a' });
    const server = await startOtlpGrpc(stackState, tls);
    onTestFinished(() => server.close());
    expect(await exportOver(server, `SUSEObservability ${apiKey}`)).toBe('0 ');
    const refused = '16 The credentials are missing or not valid.';
    expect(await exportOver(server, `StackState ${apiKey}`)).toBe(refused);
    expect(await exportOver(server, 'SUSEObservability unknown')).toBe(refused);
    expect(await exportOver(server)).toBe(refused);
    expect(await exportOver(server, `SUSEObservability ${apiKey}`, '/elsewhere/Export')).toMatch(/^12 /);
    expect(stackState.intake.traces).toEqual({ accepted: 1, refused: 3 });
  },
);

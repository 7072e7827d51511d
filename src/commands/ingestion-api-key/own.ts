import { createVerb } from '../credentials/create.ts';
import { migrateVerb } from '../credentials/migrate.ts';
import { renewVerb } from '../credentials/renew.ts';
import { rotateVerb } from '../credentials/rotate.ts';
import { verifyVerb } from '../credentials/verify.ts';
import { ingestionApiKeys, serviceTokens } from '../nouns.ts';
import { type Verb, verb } from '../verb.ts';

interface KeyOptions {
  readonly description?: string;
}

const create = createVerb<KeyOptions>(ingestionApiKeys, {
  flags: { description: { long: 'description', value: 'text', help: 'description of the key' } },
  asked: ({ description }) => (description === undefined ? {} : { description }),
  examples: `  # a key that never expires
  sts ingestion-api-key create --name my-ingestion-api-key

  # a key that expires at a date, midnight UTC
  sts ingestion-api-key create --name otel --description "OpenTelemetry collector" --expiration 2030-01-31

  # the key alone, for a script
  sts ingestion-api-key create --name ci --expires-in 90d -q

  # a file that only you can read
  sts ingestion-api-key create --name ci --key-file ./ingestion.key

  # the Secret of the OpenTelemetry collector
  sts ingestion-api-key create --name otel --kubernetes-secret open-telemetry/open-telemetry-collector`,
});

const rotate = rotateVerb<object>(ingestionApiKeys, {
  flags: {},
  examples: `  # a new key beside the old one; the last line says how to delete the old one
  sts ingestion-api-key rotate --name ci

  # into a file, unattended: killed at any moment, the next run finishes or undoes it first
  sts ingestion-api-key rotate --name ci --expires-in 90d --key-file ./ingestion.key --delete-old

  # leave the consumers ten minutes to read the file again
  sts ingestion-api-key rotate --name ci --key-file ./ingestion.key --delete-old --after 10m

  # into a Secret, with a restart of what uses it
  sts ingestion-api-key rotate --name otel --kubernetes-secret open-telemetry/open-telemetry-collector \\
    --restart deployment/opentelemetry-collector --delete-old

  # one of several keys of the same name
  sts ingestion-api-key rotate --id 250558013078953`,
});

const renew = renewVerb<KeyOptions>(ingestionApiKeys, {
  flags: { description: { long: 'description', value: 'text', help: 'description of a first key' } },
  asked: ({ description }) => (description === undefined ? {} : { description }),
  examples: `  # every night: nothing happens until a third of the key's lifetime is left
  sts ingestion-api-key renew --name ci --expires-in 90d --key-file ./ingestion.key --delete-old

  # the Secret of a collector, with a restart when the key was replaced
  sts ingestion-api-key renew --name otel --expires-in 90d --delete-old \\
    --kubernetes-secret open-telemetry/open-telemetry-collector --restart deployment/opentelemetry-collector`,
});

interface VerifyKeyOptions {
  readonly withReceiverKey?: boolean;
}

const verify = verifyVerb<VerifyKeyOptions>(ingestionApiKeys, {
  flags: { withReceiverKey: { long: 'with-receiver-key', help: "also accept the platform's Receiver API Key" } },
  async verify(session, secret, { withReceiverKey = false }) {
    const api = await session.api();
    const valid = await api.keys.authorize(secret, { withReceiverKey, signal: session.world.interrupt });
    return valid ? 'valid' : 'invalid';
  },
  examples: `  # a key file, whatever its format
  sts ingestion-api-key verify --key-file ./ingestion.key

  # the key that a cluster uses
  sts ingestion-api-key verify --kubernetes-secret open-telemetry/open-telemetry-collector

  # in a script: 0 is valid, 12 is not valid, anything else could not be found out
  sts ingestion-api-key verify --key-file ./ingestion.key || echo "exit code $?"`,
});

const migrate = migrateVerb(ingestionApiKeys, serviceTokens);

/** What keys have of their own; list, get and delete are the same for both nouns. */
export const ownVerbs: readonly Verb[] = [verb(create), verb(migrate), verb(renew), verb(rotate), verb(verify)];

import * as z from 'zod/mini';
import { type Collection, createIn, deleteIn, listRows } from './collection.ts';
import type { IssuedServiceToken, NewServiceToken, ServiceToken, TokenResource } from './model.ts';
import type { Requests } from './requests.ts';
import { isSecret } from './secret.ts';
import { explainRow, id, present, text, time } from './wire.ts';

const row = z.object({
  id,
  lastUpdateTimestamp: z.optional(z.nullable(time)),
  name: z.string(),
  description: text,
  expiration: z.optional(z.nullable(time)),
  roles: z.array(z.string()),
  dedicatedSubject: text,
});

const issued = z.object({ token: z.string().check(z.refine(isSecret)) });
const issuedRest = z.object({ name: z.string(), expiration: z.optional(z.nullable(time)) });

const permissions = [
  'Its role needs the permission manage-service-tokens. Ask an administrator of StackState for it, or use another token.',
];

const collection: Collection<ServiceToken> = {
  path: ['security', 'tokens'],
  noun: 'token',
  name: 'service token',
  command: 'service-token',
  permissions,
  readRow,
};

export function tokenResource(requests: Requests): TokenResource {
  return {
    async list(call = {}) {
      const { rows, ...rest } = await listRows(requests, collection, call);
      return { tokens: rows, ...rest };
    },
    create(token, call = {}) {
      const creation = {
        body: bodyOf(token),
        readIssued: (value: unknown) => readIssued(value, token.name),
        // The response to a creation never has the id of the token.
        idIn: () => undefined,
        isWhole: (value: unknown) => readIssued(value, token.name) !== undefined,
      };
      return createIn(requests, collection, token.name, creation, call);
    },
    delete: (tokenId, call = {}) => deleteIn(requests, collection, tokenId, call),
    validate: async (token, call = {}) => (await import('./validate-token.ts')).validateToken(requests, token, call),
  };
}

function bodyOf({ name, roles, expiration, dedicatedSubject }: NewServiceToken): object {
  return { name, roles, ...present({ expiryDate: expiration, dedicatedSubject }) };
}

/** Reads one row of the collection. @returns the token, or a reason why the row is not one. */
function readRow(value: unknown): ServiceToken | string {
  const parsed = row.safeParse(value);
  if (!parsed.success) return explainRow(parsed.error);
  const { id, lastUpdateTimestamp, name, description, expiration, roles, dedicatedSubject } = parsed.data;
  return { id, name, roles, ...present({ lastUpdateTimestamp, description, expiration, dedicatedSubject }) };
}

/** @returns undefined if the response holds no usable token. Invalid fields are left out. */
function readIssued(value: unknown, asked: string): IssuedServiceToken | undefined {
  const parsed = issued.safeParse(value);
  if (!parsed.success) return undefined;
  const rest = issuedRest.safeParse(value);
  const { token } = parsed.data;
  return rest.success
    ? { name: rest.data.name, token, ...present({ expiration: rest.data.expiration }) }
    : { name: asked, token };
}

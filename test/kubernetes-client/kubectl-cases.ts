import type { Certificate } from '../stackstate/certificates.ts';
import { base64, type SeenRequest, type TestServer, write } from './support.ts';

const v1 = 'client.authentication.k8s.io/v1';

/** What a kubeconfig may be made of. */
export interface Given {
  readonly folder: string;
  readonly server: TestServer;
  readonly certificate: Certificate;
  readonly client: { readonly cert: string; readonly key: string };
  /** PEM text of a CA that has nothing to do with it. */
  readonly otherCa: string;
}

/** Parts of a kubeconfig, and where it is used. */
export interface Made {
  readonly cluster?: object;
  readonly user?: object;
  /** Variables besides KUBECONFIG. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Each kubeconfig, with the files it names, and what the server has to see of whoever uses it. */
export const cases: Readonly<
  Record<string, { readonly make: (given: Given) => Made; readonly sees?: Partial<SeenRequest>; readonly refused?: true }>
> = {
  'a token': {
    make: () => ({ user: { token: 'token-a' } }),
    sees: { headers: { authorization: 'Bearer token-a' } },
  },
  'a tokenFile, relative to the kubeconfig file': {
    make: ({ folder }) => {
      write(folder, 'kube/tokens/mine', 'token-b\n');
      return { user: { tokenFile: 'tokens/mine' } };
    },
    sees: { headers: { authorization: 'Bearer token-b' } },
  },
  'a token and a tokenFile': {
    make: ({ folder }) => {
      write(folder, 'kube/token', 'from-file');
      return { user: { token: 'from-entry', tokenFile: 'token' } };
    },
    sees: { headers: { authorization: 'Bearer from-file' } },
  },
  'a user name and a password': {
    make: () => ({ user: { username: 'jane', password: 'p:w' } }),
    sees: { headers: { authorization: `Basic ${base64('jane:p:w')}` } },
  },
  'a client certificate as data': {
    make: ({ client }) => ({ user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) } }),
    sees: { client: 'jane' },
  },
  'a client certificate and a CA as relative files': {
    make: ({ folder, client, certificate, server }) => {
      write(folder, 'kube/pki/c.pem', client.cert);
      write(folder, 'kube/pki/k.pem', client.key);
      write(folder, 'kube/pki/ca.pem', certificate.caPem);
      return {
        cluster: { server: server.url, 'certificate-authority': 'pki/ca.pem' },
        user: { 'client-certificate': './pki/c.pem', 'client-key': 'pki/k.pem' },
      };
    },
    sees: { client: 'jane' },
  },
  'a plugin that gives a token': {
    make: ({ folder }) => {
      plugin(folder, { token: 'token-c' });
      return { user: { exec: { apiVersion: v1, command: './plugin', interactiveMode: 'Never' } } };
    },
    sees: { headers: { authorization: 'Bearer token-c' } },
  },
  'a plugin found in PATH, with arguments and variables': {
    make: ({ folder }) => {
      plugin(folder, { token: '$NAME-$1' }, 'bin/give-token');
      const exec = {
        apiVersion: v1,
        command: 'give-token',
        args: ['two'],
        env: [{ name: 'NAME', value: 'one' }],
        interactiveMode: 'Never',
      };
      return { user: { exec }, env: { PATH: `${folder}/kube/bin:/usr/bin:/bin` } };
    },
    sees: { headers: { authorization: 'Bearer one-two' } },
  },
  'a plugin of the version v1beta1': {
    make: ({ folder }) => {
      plugin(folder, { token: 'token-d' }, 'plugin', 'client.authentication.k8s.io/v1beta1');
      return { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: './plugin' } } };
    },
    sees: { headers: { authorization: 'Bearer token-d' } },
  },
  'a plugin that needs to know the cluster': {
    make: ({ folder }) => {
      const script = `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" > "${folder}/info-$CALLER"\n${said({ token: 'token-e' }, v1)}`;
      write(folder, 'kube/plugin', script, 0o700);
      return { user: { exec: { apiVersion: v1, command: './plugin', provideClusterInfo: true, interactiveMode: 'Never' } } };
    },
    sees: { headers: { authorization: 'Bearer token-e' } },
  },
  'a plugin that gives a client certificate': {
    make: ({ folder, client }) => {
      const status = { clientCertificateData: client.cert, clientKeyData: client.key };
      write(folder, 'kube/credential.json', { kind: 'ExecCredential', apiVersion: v1, status });
      write(folder, 'kube/plugin', `#!/bin/sh\ncat "${folder}/kube/credential.json"\n`, 0o700);
      return { user: { exec: { apiVersion: v1, command: './plugin', interactiveMode: 'Never' } } };
    },
    sees: { client: 'jane' },
  },
  'a token beside a plugin': {
    make: () => ({ user: { token: 'token-f', exec: { apiVersion: v1, command: './missing', interactiveMode: 'Never' } } }),
    sees: { headers: { authorization: 'Bearer token-f' } },
  },
  'another user to act as': {
    make: () => ({
      user: {
        token: 'token-g',
        as: 'jane doe',
        'as-uid': '17',
        'as-groups': ['a', 'b'],
        'as-user-extra': { 'example.org/Team': ['x', 'y'] },
      },
    }),
    sees: { headers: { authorization: 'Bearer token-g', 'impersonate-user': 'jane doe' } },
  },
  'another name to expect in the certificate': {
    make: ({ server, certificate }) => ({
      cluster: { server: server.url, 'tls-server-name': 'inside.example', ...ca(certificate) },
      user: { token: 'token-h' },
    }),
    sees: { serverName: 'inside.example' },
  },
  'a wrong name to expect in the certificate': {
    make: ({ server, certificate }) => ({
      cluster: { server: server.url, 'tls-server-name': 'elsewhere.example', ...ca(certificate) },
      user: { token: 'token-i' },
    }),
    refused: true,
  },
  'a CA that is another one': {
    make: ({ server, otherCa }) => ({
      cluster: { server: server.url, 'certificate-authority-data': base64(otherCa) },
      user: { token: 'token-j' },
    }),
    refused: true,
  },
  'a certificate that is not to be verified': {
    make: ({ server }) => ({ cluster: { server: server.url, 'insecure-skip-tls-verify': true }, user: { token: 'token-k' } }),
    sees: { headers: { authorization: 'Bearer token-k' } },
  },
};

/** The CA of a server, as a kubeconfig's cluster has it. */
export function ca({ caPem }: Certificate): object {
  return { 'certificate-authority-data': base64(caPem) };
}

function plugin(folder: string, status: object, file = 'plugin', apiVersion = v1): void {
  write(folder, `kube/${file}`, `#!/bin/sh\n${said(status, apiVersion)}`, 0o700);
}

/** A line of a script that prints an ExecCredential; variables in it are filled in. */
function said(status: object, apiVersion: string): string {
  const text = JSON.stringify({ kind: 'ExecCredential', apiVersion, status }).replaceAll('"', '\\"');
  return `echo "${text}"\n`;
}

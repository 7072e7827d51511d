import { type HttpHandler, http } from 'msw';
import { json, trouble } from './responses.ts';

/** The routes to which agents and collectors send data. */
export type IntakeRoute = 'intake' | 'series' | 'k8s-logs' | 'traces' | 'metrics' | 'logs';
/** How many requests the intake accepted and refused, for each route. */
export type IntakeCounts = Record<IntakeRoute, { accepted: number; refused: number }>;

export interface IntakeApi {
  readonly origin: string;
  readonly now: () => number;
  /** The schemes of `Authorization` that are accepted over OTLP. */
  readonly schemes: readonly string[];
  /** Whether data of an agent with this key or token is accepted. */
  readonly accepts: (credential: string) => boolean;
  /** Whether data of a collector with this key or token is accepted over OTLP. */
  readonly acceptsOtlp: (credential: string) => boolean;
}

export interface Intake {
  readonly handlers: Record<IntakeRoute | 'validate', HttpHandler>;
  readonly counts: IntakeCounts;
  /** Accepts or refuses data that was sent over OTLP, and counts it. @param authorization the header's value. */
  takeOtlp(route: 'traces' | 'metrics' | 'logs', authorization: string | null): boolean;
}

/** The response to a refused OTLP request. Over gRPC it is sent as code and message. */
export const unauthenticated = { code: 16, message: 'The credentials are missing or not valid.' } as const;

/** The intake, as msw handlers: the receiver for agents, OTLP over HTTP for collectors. */
export function createIntake({ origin, now, schemes, accepts, acceptsOtlp }: IntakeApi): Intake {
  const receiver = `${origin}/receiver/stsAgent`;
  const none = () => ({ accepted: 0, refused: 0 });
  const counts: IntakeCounts = {
    intake: none(),
    series: none(),
    'k8s-logs': none(),
    traces: none(),
    metrics: none(),
    logs: none(),
  };
  const count = (route: IntakeRoute, accepted: boolean) => {
    counts[route][accepted ? 'accepted' : 'refused'] += 1;
    return accepted;
  };
  const isAccepted = (request: Request) => {
    const credential = agentCredential(request);
    return credential !== undefined && accepts(credential);
  };
  const forbidden = () => trouble(403, 'Forbidden', 'The API key is not valid.', now);
  const agent = (route: 'intake' | 'series' | 'k8s-logs', path: string) =>
    http.post(`${receiver}/${path}`, ({ request }) => (count(route, isAccepted(request)) ? json(200, {}) : forbidden()));
  const takeOtlp = (route: 'traces' | 'metrics' | 'logs', authorization: string | null) => {
    const [, scheme = '', credential = ''] = /^(\w+) (\S+)$/.exec(authorization ?? '') ?? [];
    return count(route, schemes.includes(scheme) && acceptsOtlp(credential));
  };
  const otlp = (route: 'traces' | 'metrics' | 'logs') =>
    http.post(`${origin}/v1/${route}`, ({ request }) =>
      takeOtlp(route, request.headers.get('authorization')) ? json(200, {}) : json(401, unauthenticated),
    );
  const handlers = {
    intake: agent('intake', 'intake'),
    series: agent('series', 'api/v1/series'),
    'k8s-logs': agent('k8s-logs', 'logs/k8s'),
    traces: otlp('traces'),
    metrics: otlp('metrics'),
    logs: otlp('logs'),
    validate: http.get(`${receiver}/api/v1/validate`, ({ request }) =>
      isAccepted(request) ? json(200, { valid: true }) : forbidden(),
    ),
  };
  return { handlers, counts, takeOtlp };
}

/** The key or token in a request of an agent. */
function agentCredential(request: Request): string | undefined {
  const query = new URL(request.url).searchParams.get('api_key');
  return query ?? request.headers.get('sts-api-key') ?? request.headers.get('DD-Api-Key') ?? undefined;
}

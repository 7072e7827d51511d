declare const __STS_VERSION__: string | undefined;
declare const __STS_BUILD_DATE__: string | undefined;
declare const __STS_COMMIT__: string | undefined;

// The bundler puts these in; run from source there is none.
export const version = typeof __STS_VERSION__ === 'string' ? __STS_VERSION__ : '0.0.0-dev';
export const buildDate = typeof __STS_BUILD_DATE__ === 'string' ? __STS_BUILD_DATE__ : 'unknown';
/** What runs the program: Node, or Bun inside of the executable. */
export const runtime = process.versions['bun'] === undefined ? `node ${process.versions.node}` : `bun ${process.versions['bun']}`;
export const commit = typeof __STS_COMMIT__ === 'string' ? __STS_COMMIT__ : 'unknown';

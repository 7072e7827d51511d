declare const __STS_VERSION__: string | undefined;
declare const __STS_BUILD_DATE__: string | undefined;
declare const __STS_COMMIT__: string | undefined;

// The bundler sets these. They are missing when the program runs from its sources.
export const version = typeof __STS_VERSION__ === 'string' ? __STS_VERSION__ : '0.0.0-dev';
export const buildDate = typeof __STS_BUILD_DATE__ === 'string' ? __STS_BUILD_DATE__ : 'unknown';
/** The runtime of the program: Node, or Bun in the executable. */
export const runtime = process.versions['bun'] === undefined ? `node ${process.versions.node}` : `bun ${process.versions['bun']}`;
export const commit = typeof __STS_COMMIT__ === 'string' ? __STS_COMMIT__ : 'unknown';

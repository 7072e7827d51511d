declare const __STS_VERSION__: string | undefined;
declare const __STS_BUILD_DATE__: string | undefined;
declare const __STS_COMMIT__: string | undefined;

// The bundler puts these in; run from source there is none.
export const version = typeof __STS_VERSION__ === 'string' ? __STS_VERSION__ : '0.0.0-dev';
export const buildDate = typeof __STS_BUILD_DATE__ === 'string' ? __STS_BUILD_DATE__ : 'unknown';
export const commit = typeof __STS_COMMIT__ === 'string' ? __STS_COMMIT__ : 'unknown';

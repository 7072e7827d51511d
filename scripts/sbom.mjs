// The software bill of materials of an executable, as npm writes it (CycloneDX): what is inside, and nothing of what only builds it.
import { createHash } from 'node:crypto';
import { buildTime, manifest, root } from './facts.mjs';
import { npm } from './packages.mjs';
import { runtimeOf, runtimes } from './runtimes.mjs';

/**
 * @typedef {{ 'bom-ref': string, type: string, name: string, version: string, purl?: string, scope?: string, properties?: unknown[] }} Component
 * @typedef {{ ref: string, dependsOn: string[] }} Dependency
 * @typedef {{ serialNumber: string, metadata: { timestamp: string, component: Component }, components: Component[], dependencies: Dependency[] }} Bom
 */

/**
 * @param {string} target the platform.
 * @param {readonly string[]} packages what is bundled, `name@version`.
 * @returns {string} a CycloneDX document, the same for the same sources.
 * @throws Error when npm does not know one of the packages.
 */
export function sbomOf(target, packages) {
  /** @type {Bom} */
  const whole = JSON.parse(npm(['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], root));
  const bundled = whole.components.filter((component) => packages.includes(component['bom-ref']));
  const missing = packages.filter((name) => !bundled.some((component) => component['bom-ref'] === name));
  if (missing.length > 0) throw new Error(`npm does not know of ${missing.join(', ')}.`);
  const components = [...bundled.map(ofTheProgram), componentOf(target)];
  const refs = new Set(components.map((component) => component['bom-ref']));
  const program = whole.metadata.component['bom-ref'];
  const bom = {
    ...whole,
    metadata: {
      ...whole.metadata,
      timestamp: buildTime().toISOString(),
      // npm names it after the folder it stands in.
      component: { ...whole.metadata.component, type: 'application', name: manifest().name },
    },
    components,
    dependencies: [
      { ref: program, dependsOn: [...refs] },
      ...whole.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
    ],
  };
  return `${JSON.stringify({ ...bom, serialNumber: serialOf({ ...bom, serialNumber: '' }) }, null, 2)}\n`;
}

/** npm calls it a tool of development; it is bundled. @param {Component} component @returns {Component} */
function ofTheProgram({ properties: _, ...component }) {
  return { ...component, scope: 'required' };
}

/** @param {string} target @returns {Component & { hashes: unknown[], licenses: unknown[] }} */
function componentOf(target) {
  const { package: name, integrity } = runtimeOf(target);
  const { version } = runtimes;
  return {
    'bom-ref': `${name}@${version}`,
    type: 'platform',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    licenses: [{ license: { id: 'MIT' } }],
  };
}

/** A serial number that changes with the content and with nothing else. @param {unknown} bom */
function serialOf(bom) {
  const hash = createHash('sha256').update(JSON.stringify(bom)).digest('hex');
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

import type { Caller } from './caller.ts';
import { fieldsOf, listOf, type Metadata, readMetadata, textOf } from './object.ts';
import { pods } from './resources.ts';
import type { CallOptions } from './secrets.ts';

/** Requests for pods: `/api/v1/namespaces/{namespace}/pods`. */
export interface Pods {
  /** `GET` of the pods that have not ended for good. @param selector a label selector. */
  list(namespace: string, selector: string, options?: CallOptions): Promise<readonly Metadata[]>;
}

// Only the metadata is requested, because thousands of whole pods would be tens of megabytes.
const metadataOnly = {
  accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
};
const notEnded = 'status.phase!=Succeeded,status.phase!=Failed';

/** @param caller sends the requests. */
export function podsOf(caller: Caller): Pods {
  return {
    async list(namespace, labelSelector, options = {}) {
      const list = await caller.call({
        verb: 'list',
        resource: pods,
        namespace,
        query: { labelSelector, fieldSelector: notEnded },
        headers: metadataOnly,
        signal: options.signal,
      });
      // If the server gives whole pods all the same, their phase tells which have ended.
      const running = listOf(list, 'items').filter(
        (pod) => !/^(?:Succeeded|Failed)$/.test(textOf(fieldsOf(pod, 'status'), 'phase')),
      );
      return running.map(readMetadata);
    },
  };
}

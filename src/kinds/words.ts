import type { Words } from '../credentials/ports.ts';

export const ingestionApiKeyWords: Words = {
  command: 'ingestion-api-key',
  noun: 'ingestion API key',
  aNoun: 'an ingestion API key',
  title: 'Ingestion API key',
  short: 'key',
};

export const serviceTokenWords: Words = {
  command: 'service-token',
  createNeeds: ' --roles ROLE[,ROLE...]',
  noun: 'service token',
  aNoun: 'a service token',
  title: 'Service token',
  short: 'token',
};

/**
 * Every entity, for the DataSource: tables that people and commands touch, a row or a few at a time. All
 * other tables belong to hot paths and are reached by set-based SQL only (docs/adr/0006-entities.md).
 */
import { DefinitionVersion, LiveDefinition } from '../definitions/definition-version.entity.js';
import { Revision } from '../definitions/revision.entity.js';
import { StoredApiKey } from '../ingest/api-key.entity.js';

export const ENTITIES = [StoredApiKey, DefinitionVersion, LiveDefinition, Revision];

import DataLoader from 'dataloader'
import type { ApiKeyService, ApiKeyView } from './api-key.service.ts'

/** Good keys by account, in one statement. */
export function createApiKeyLoader(apiKeys: ApiKeyService): DataLoader<string, ApiKeyView[]> {
  return new DataLoader((userIds) => apiKeys.findGoodByUsers(userIds))
}

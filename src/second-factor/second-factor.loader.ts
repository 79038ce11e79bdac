import DataLoader from 'dataloader'
import type { SecondFactorService } from './second-factor.service.ts'

/** Unused recovery codes by account, in one statement. */
export function createRecoveryCodesLoader(secondFactors: SecondFactorService): DataLoader<string, number> {
  return new DataLoader((userIds) => secondFactors.countRecoveryCodes(userIds))
}

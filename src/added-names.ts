/** Permissions of features, by declaration merging on `feature.ts`: one member each, as `'note:read': true`. */
// biome-ignore lint/suspicious/noEmptyInterface: Members come by declaration merging.
export interface AddedPermissions {}

/** Activity actions of features, by declaration merging on `feature.ts`: one member each, as `NOTE_CREATED: true`. */
// biome-ignore lint/suspicious/noEmptyInterface: Members come by declaration merging.
export interface AddedActions {}

/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What happened. */
export type ActivityAction =
  /** A root field was refused. Details: the field's name. */
  | 'ACCESS_DENIED'
  /** An API key was made. Details: the key's id. */
  | 'API_KEY_CREATED'
  /** An API key was ended. Details: the key's id. */
  | 'API_KEY_REVOKED'
  /** The e-mail address changed. */
  | 'EMAIL_CHANGED'
  /** A new e-mail address was given, which waits for its confirmation. */
  | 'EMAIL_CHANGE_REQUESTED'
  /** A change of the e-mail address was taken back by the link in the mail to the old one; the sessions and the password ended. */
  | 'EMAIL_CHANGE_REVERTED'
  /** The e-mail address was confirmed by the link of a mail. */
  | 'EMAIL_VERIFIED'
  /** The password changed; the other sessions ended. */
  | 'PASSWORD_CHANGED'
  /** A new password was set by the link of a mail; the sessions ended. */
  | 'PASSWORD_RESET'
  /** Somebody asked for a link that sets a new password. */
  | 'PASSWORD_RESET_REQUESTED'
  /** The account was removed and its addresses cleared. */
  | 'PROFILE_DELETED'
  /** Username or display name changed. */
  | 'PROFILE_UPDATED'
  /** Password, and second factor where there is one, were given again. */
  | 'REAUTHENTICATED'
  /** New recovery codes were handed out. */
  | 'RECOVERY_CODES_REPLACED'
  /** A recovery code served as second factor. */
  | 'RECOVERY_CODE_USED'
  /** A used refresh token came again; its session was revoked. */
  | 'REFRESH_TOKEN_REUSED'
  /** A role was made. Details: its name. */
  | 'ROLE_CREATED'
  /** A role was removed. Details: its name. */
  | 'ROLE_DELETED'
  /** A role was changed. Details: its name. */
  | 'ROLE_UPDATED'
  /** The second factor was turned on. */
  | 'SECOND_FACTOR_ADDED'
  /** The password was right, and the second factor wrong, used or too old. */
  | 'SECOND_FACTOR_FAILED'
  /** The second factor was turned off. */
  | 'SECOND_FACTOR_REMOVED'
  /** An administrator turned the second factor off; the sessions ended. */
  | 'SECOND_FACTOR_RESET'
  /** A session was ended. Details: its id, a space, and REVOKED or MAX_SESSIONS. */
  | 'SESSION_REVOKED'
  /** An administrator enabled the account. */
  | 'USER_ACTIVATED'
  /** An administrator made the account. */
  | 'USER_CREATED'
  /** An administrator disabled the account; its sessions ended. */
  | 'USER_DEACTIVATED'
  /** An administrator removed the account. */
  | 'USER_DELETED'
  /** An operator brought the account along from another program, or changed it so. */
  | 'USER_IMPORTED'
  /** Signed in. */
  | 'USER_LOGIN'
  /** A sign-in was refused: unknown account, wrong password or disabled account. */
  | 'USER_LOGIN_FAILED'
  /** Signed out. */
  | 'USER_LOGOUT'
  /** Somebody opened an account. */
  | 'USER_REGISTERED'
  /** An administrator changed the role. */
  | 'USER_ROLE_CHANGED'
  /** An administrator changed username, e-mail address or display name. */
  | 'USER_UPDATED';

/** Who signs in, and how the refresh token is to travel. */
export type LoginInput = {
  /** A username or an e-mail address. */
  identifier: string;
  /** The password, unchanged. */
  password: string;
  /** For accounts with a second factor. */
  secondFactor?: SecondFactorInput | null | undefined;
  /** Stays with the session. */
  transport?: TokenTransport;
};

/** Written resource:action in logs and documents; PROFILE_READ is profile:read. */
export type Permission =
  /** Read what happened to every account. */
  | 'ACTIVITY_READ_ANY'
  /** Read what happened to the own account. */
  | 'ACTIVITY_READ_OWN'
  /** Remove the own account. */
  | 'PROFILE_DELETE'
  /** Remove every account. */
  | 'PROFILE_DELETE_ANY'
  /** Read the own profile. */
  | 'PROFILE_READ'
  /** Read every profile. */
  | 'PROFILE_READ_ANY'
  /** Change the own profile. */
  | 'PROFILE_UPDATE'
  /** Change every profile. */
  | 'PROFILE_UPDATE_ANY'
  /** Make, change and remove roles. */
  | 'ROLE_MANAGE'
  /** Ask whether an access token is good, with an API key. */
  | 'TOKEN_INTROSPECT'
  /** Make accounts. */
  | 'USER_CREATE'
  /** Remove accounts. */
  | 'USER_DELETE'
  /** List accounts and their sessions. */
  | 'USER_READ'
  /** Change accounts, their roles and sessions. */
  | 'USER_UPDATE';

/** A new account. Its role is always user. */
export type RegisterInput = {
  /** 1 to 100 characters; null or empty: none. */
  displayName?: string | null | undefined;
  /** An e-mail address in ASCII, at most 254 characters. */
  email: string;
  /** 8 to 128 characters with a letter and a digit; 15 or more need neither. Not a common one. */
  password: string;
  /** 3 to 64 of letters, digits, ".", "_", "-", starting and ending with a letter or digit. */
  username: string;
};

/** Exactly one of the two. */
export type SecondFactorInput = {
  /** Six digits of the authenticator app. */
  code?: string | null | undefined;
  /** One of the recovery codes, in any case, with or without its dashes. */
  recoveryCode?: string | null | undefined;
};

/** How the refresh token of a session travels. */
export type TokenTransport =
  /** Refresh token in the answer: mobile, command line, servers. */
  | 'BODY'
  /** Refresh token in an HttpOnly cookie: browsers. */
  | 'COOKIE';

/** What is left out stays as it is. */
export type UpdateProfileInput = {
  /** 1 to 100 characters; null or empty: none. */
  displayName?: string | null | undefined;
  /** Left out: the viewer. */
  userId?: string | number | null | undefined;
  /** 3 to 64 of letters, digits, ".", "_", "-", starting and ending with a letter or digit. */
  username?: string | null | undefined;
};

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, username: string, email: string, displayName: string | null, lastLoginAt: string | null, role: { name: string, permissions: Array<Permission> } } | null };

export type UsersWithActivitiesQueryVariables = Exact<{ [key: string]: never; }>;


export type UsersWithActivitiesQuery = { users: { nodes: Array<{ id: string, username: string, activities: { nodes: Array<{ action: ActivityAction, timestamp: string }> } | null }> } | null };

export type ActivitiesWithUsersQueryVariables = Exact<{ [key: string]: never; }>;


export type ActivitiesWithUsersQuery = { activities: { nodes: Array<{ action: ActivityAction, user: { id: string, username: string } | null, actor: { id: string, username: string } | null }> } | null };

export type RenameMutationVariables = Exact<{
  input: UpdateProfileInput;
}>;


export type RenameMutation = { updateProfile: { user: { displayName: string | null } } | null };

export type RegisterMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type RegisterMutation = { register: { user: { id: string } } | null };

export type LoginMutationVariables = Exact<{
  input: LoginInput;
}>;


export type LoginMutation = { login: { accessToken: string, refreshToken: string | null, session: { id: string }, user: { id: string, username: string, email: string } } | null };


export const MeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"role"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}}]}}]}}]} as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const UsersWithActivitiesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UsersWithActivities"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"activities"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<UsersWithActivitiesQuery, UsersWithActivitiesQueryVariables>;
export const ActivitiesWithUsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ActivitiesWithUsers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"activities"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}}]}},{"kind":"Field","name":{"kind":"Name","value":"actor"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}}]}}]}}]}}]}}]} as unknown as DocumentNode<ActivitiesWithUsersQuery, ActivitiesWithUsersQueryVariables>;
export const RenameDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Rename"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateProfileInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateProfile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}}]} as unknown as DocumentNode<RenameMutation, RenameMutationVariables>;
export const RegisterDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Register"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"register"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]} as unknown as DocumentNode<RegisterMutation, RegisterMutationVariables>;
export const LoginDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Login"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LoginInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"login"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}}]}}]}}]} as unknown as DocumentNode<LoginMutation, LoginMutationVariables>;
/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query Me { me { id username email displayName role { name permissions } lastLoginAt } }": typeof types.MeDocument,
    "\n  query UsersWithActivities {\n    users(first: 20) { nodes { id username activities(first: 5) { nodes { action timestamp } } } }\n  }\n": typeof types.UsersWithActivitiesDocument,
    "\n  query ActivitiesWithUsers {\n    activities(first: 100) { nodes { action user { id username } actor { id username } } }\n  }\n": typeof types.ActivitiesWithUsersDocument,
    "\n  mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }\n": typeof types.RenameDocument,
    "mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }": typeof types.RegisterDocument,
    "\n  mutation Login($input: LoginInput!) {\n    login(input: $input) { accessToken refreshToken session { id } user { id username email } }\n  }\n": typeof types.LoginDocument,
};
const documents: Documents = {
    "query Me { me { id username email displayName role { name permissions } lastLoginAt } }": types.MeDocument,
    "\n  query UsersWithActivities {\n    users(first: 20) { nodes { id username activities(first: 5) { nodes { action timestamp } } } }\n  }\n": types.UsersWithActivitiesDocument,
    "\n  query ActivitiesWithUsers {\n    activities(first: 100) { nodes { action user { id username } actor { id username } } }\n  }\n": types.ActivitiesWithUsersDocument,
    "\n  mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }\n": types.RenameDocument,
    "mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }": types.RegisterDocument,
    "\n  mutation Login($input: LoginInput!) {\n    login(input: $input) { accessToken refreshToken session { id } user { id username email } }\n  }\n": types.LoginDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Me { me { id username email displayName role { name permissions } lastLoginAt } }"): (typeof documents)["query Me { me { id username email displayName role { name permissions } lastLoginAt } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query UsersWithActivities {\n    users(first: 20) { nodes { id username activities(first: 5) { nodes { action timestamp } } } }\n  }\n"): (typeof documents)["\n  query UsersWithActivities {\n    users(first: 20) { nodes { id username activities(first: 5) { nodes { action timestamp } } } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ActivitiesWithUsers {\n    activities(first: 100) { nodes { action user { id username } actor { id username } } }\n  }\n"): (typeof documents)["\n  query ActivitiesWithUsers {\n    activities(first: 100) { nodes { action user { id username } actor { id username } } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }\n"): (typeof documents)["\n  mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }"): (typeof documents)["mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Login($input: LoginInput!) {\n    login(input: $input) { accessToken refreshToken session { id } user { id username email } }\n  }\n"): (typeof documents)["\n  mutation Login($input: LoginInput!) {\n    login(input: $input) { accessToken refreshToken session { id } user { id username email } }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;
import { type Command, Option } from 'commander'
import { given } from '../given.ts'
import { positiveNumber, repeatable } from '../option-values.ts'

interface IdentityFlags {
  readonly defaultPermission?: 'NONE' | 'READ' | 'USE' | 'EDIT' | 'MANAGE'
  readonly requestsPerSecond?: number
  readonly publicUrl?: string
  readonly webhooksToPrivate: boolean
  readonly openlineageUrl?: string
  readonly oidcIssuer?: string
  readonly oidcClientId?: string
  readonly oidcGroupsClaim?: string
  readonly oidcRole: readonly string[]
  readonly oidcDefaultRole?: 'viewer' | 'editor'
}

/** Adds what concerns users and logins to the options of the server. */
export const withIdentityOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--default-permission <level>',
        'what users may do with experiments and models that nobody granted them',
      )
        .choices(['NONE', 'READ', 'USE', 'EDIT', 'MANAGE'])
        .default('READ'),
    )
    .option(
      '--requests-per-second <number>',
      'most requests a second of each caller',
      positiveNumber,
    )
    .option(
      '--webhooks-to-private',
      'let webhooks and sinks send to private addresses, and by plain http',
      false,
    )
    .option(
      '--openlineage-url <url>',
      'tell lineage to this server of OpenLineage; OPENLINEAGE_URL, OPENLINEAGE_ENDPOINT, OPENLINEAGE_API_KEY and OPENLINEAGE_NAMESPACE are read',
    )
    .option('--public-url <url>', 'where browsers reach this server, behind a proxy for example')
    .option(
      '--oidc-issuer <url>',
      'log in by OpenID Connect; KAIZEN_OIDC_CLIENT_SECRET holds the secret of the client',
    )
    .option('--oidc-client-id <id>', 'client that is registered with the provider')
    .option('--oidc-groups-claim <claim>', 'claim with the groups of a user', 'groups')
    .option(
      '--oidc-role <role=group>',
      'role of the members of a group, for example admin=ml-platform; repeatable',
      repeatable,
      [],
    )
    .addOption(
      new Option('--oidc-default-role <role>', 'role of members of no such group').choices([
        'viewer',
        'editor',
      ]),
    )

/** These options as the server takes them. */
export function identityOptions(command: Command) {
  const flags = command.opts<IdentityFlags>()
  const clientSecret = process.env['KAIZEN_OIDC_CLIENT_SECRET']
  return {
    ...given('defaultPermission', flags.defaultPermission),
    ...given('requestsPerSecond', flags.requestsPerSecond),
    webhooksToPrivate: flags.webhooksToPrivate,
    ...given('secretKey', process.env['KAIZEN_SECRET_KEY'] || undefined),
    ...given('publicUrl', flags.publicUrl),
    ...given('openlineage', openlineageOptions(flags.openlineageUrl)),
    ...(flags.oidcIssuer === undefined
      ? {}
      : {
          oidc: {
            issuer: flags.oidcIssuer,
            clientId: flags.oidcClientId ?? '',
            roles: [...flags.oidcRole],
            ...given('clientSecret', clientSecret),
            ...given('groupsClaim', flags.oidcGroupsClaim),
            ...given('defaultRole', flags.oidcDefaultRole),
          },
        }),
  }
}

/** As clients of OpenLineage are configured: an address, and below it the endpoint that takes events. */
function openlineageOptions(flag: string | undefined) {
  const { env } = process
  const base = flag ?? env['OPENLINEAGE_URL']
  if (!base) return undefined
  const endpoint = env['OPENLINEAGE_ENDPOINT'] || 'api/v1/lineage'
  return {
    url: `${base.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}`,
    ...given('apiKey', env['OPENLINEAGE_API_KEY'] || undefined),
    ...given('namespace', env['OPENLINEAGE_NAMESPACE'] || undefined),
  }
}

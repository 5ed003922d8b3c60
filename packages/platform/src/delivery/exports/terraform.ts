import { createHash } from 'node:crypto'
import { lambdaArchitecture, lambdaFiles, lambdaHandler, lambdaRuntime } from './lambda.ts'
import type { BundleParts } from './model.ts'
import { serviceName } from './service-name.ts'
import type { FileMap } from './tar.ts'

/** A root module in Terraform's JSON syntax that makes the function of AWS Lambda, with an HTTP API before it. */
export async function terraformFiles(parts: BundleParts): Promise<FileMap> {
  const { 'create-function.json': _, ...files } = await lambdaFiles(parts)
  const archive = files['function.zip'] as Uint8Array
  const module = {
    terraform: {
      required_version: '>= 1.5.0',
      required_providers: { aws: { source: 'hashicorp/aws', version: '>= 6.0.0, < 7.0.0' } },
    },
    provider: { aws: { region: reference('var.region') } },
    variable: variables(serviceName(parts.model.name)),
    resource: { ...functionResources(archive, parts), ...apiResources() },
    output: {
      url: {
        description: 'Where the model answers the Open Inference Protocol',
        value: reference('aws_apigatewayv2_api.model.api_endpoint'),
      },
      function_arn: { value: reference('aws_lambda_function.model.arn') },
    },
  }
  return { ...files, 'main.tf.json': `${JSON.stringify(module, null, 2)}\n` }
}

/** An expression, as Terraform marks it in a text. */
const reference = (expression: string): string => `\${${expression}}`

const variables = (name: string) => ({
  region: { type: 'string', description: 'Region of AWS' },
  name: { type: 'string', description: 'Name of the function and its API', default: name },
  memory_mb: { type: 'number', description: 'Memory of the function', default: 512 },
  timeout_seconds: { type: 'number', description: 'Longest answer', default: 30 },
  log_retention_days: { type: 'number', description: 'How long logs are kept', default: 30 },
  authorization: {
    type: 'string',
    description: 'Who may call the API: AWS_IAM, or NONE for everybody',
    default: 'AWS_IAM',
    validation: {
      condition: reference('contains(["AWS_IAM", "NONE"], var.authorization)'),
      error_message: 'It is AWS_IAM or NONE.',
    },
  },
})

function functionResources(archive: Uint8Array, { model }: BundleParts) {
  const tags = {
    'kaizen-model': serviceName(model.name),
    'kaizen-version': String(model.version ?? 'file'),
  }
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'lambda.amazonaws.com' },
      },
    ],
  }
  return {
    aws_iam_role: {
      model: {
        name_prefix: `${reference('substr(var.name, 0, 30)')}-`,
        assume_role_policy: JSON.stringify(trust),
        tags,
      },
    },
    aws_iam_role_policy_attachment: {
      logs: {
        role: reference('aws_iam_role.model.name'),
        policy_arn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
      },
    },
    aws_cloudwatch_log_group: {
      model: {
        name: `/aws/lambda/${reference('var.name')}`,
        retention_in_days: reference('var.log_retention_days'),
        tags,
      },
    },
    aws_lambda_function: {
      model: {
        function_name: reference('var.name'),
        role: reference('aws_iam_role.model.arn'),
        runtime: lambdaRuntime,
        handler: lambdaHandler,
        architectures: [lambdaArchitecture()],
        filename: `${reference('path.module')}/function.zip`,
        source_code_hash: createHash('sha256').update(archive).digest('base64'),
        memory_size: reference('var.memory_mb'),
        timeout: reference('var.timeout_seconds'),
        publish: true,
        tags,
        depends_on: ['aws_cloudwatch_log_group.model', 'aws_iam_role_policy_attachment.logs'],
      },
    },
  }
}

const apiResources = () => ({
  aws_apigatewayv2_api: { model: { name: reference('var.name'), protocol_type: 'HTTP' } },
  aws_apigatewayv2_integration: {
    model: {
      api_id: reference('aws_apigatewayv2_api.model.id'),
      integration_type: 'AWS_PROXY',
      integration_uri: reference('aws_lambda_function.model.invoke_arn'),
      payload_format_version: '2.0',
    },
  },
  aws_apigatewayv2_route: {
    model: {
      api_id: reference('aws_apigatewayv2_api.model.id'),
      route_key: 'ANY /v2/{proxy+}',
      target: `integrations/${reference('aws_apigatewayv2_integration.model.id')}`,
      authorization_type: reference('var.authorization'),
    },
  },
  aws_apigatewayv2_stage: {
    model: {
      api_id: reference('aws_apigatewayv2_api.model.id'),
      name: '$default',
      auto_deploy: true,
    },
  },
  aws_lambda_permission: {
    api: {
      statement_id: 'api',
      action: 'lambda:InvokeFunction',
      function_name: reference('aws_lambda_function.model.function_name'),
      principal: 'apigateway.amazonaws.com',
      source_arn: `${reference('aws_apigatewayv2_api.model.execution_arn')}/*/*`,
    },
  },
})

"use strict";

/** The platform of definitions.py with the aws_batch L2 in JavaScript: `node definitions.js N`. */

const { mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const cdk = require("aws-cdk-lib");
const batch = require("aws-cdk-lib/aws-batch");
const ec2 = require("aws-cdk-lib/aws-ec2");
const ecs = require("aws-cdk-lib/aws-ecs");
const iam = require("aws-cdk-lib/aws-iam");
const logs = require("aws-cdk-lib/aws-logs");
const secretsmanager = require("aws-cdk-lib/aws-secretsmanager");

const number = Number(process.argv[2]);
const started = process.hrtime.bigint();
const app = new cdk.App({
  outdir: mkdtempSync(join(tmpdir(), "bench-")),
  context: { "@aws-cdk/core:stackResourceLimit": 0 },
});
const stack = new cdk.Stack(app, "Platform");
const vpc = new ec2.Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 1 });
const computeEnvironment = new batch.FargateComputeEnvironment(stack, "Fargate", { vpc });
new batch.JobQueue(stack, "Queue", { computeEnvironments: [{ computeEnvironment, order: 1 }] });
const secret = new secretsmanager.Secret(stack, "Secret");
for (let index = 0; index < number; index++) {
  const logGroup = new logs.LogGroup(stack, `Logs${index}`, {
    retention: logs.RetentionDays.ONE_MONTH,
  });
  const jobRole = new iam.Role(stack, `Role${index}`, {
    assumedBy: new iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
  });
  new batch.EcsJobDefinition(stack, `Job${index}`, {
    container: new batch.EcsFargateContainerDefinition(stack, `Container${index}`, {
      image: ecs.ContainerImage.fromRegistry("public.ecr.aws/docker/library/python:3.13-slim"),
      cpu: 1,
      memory: cdk.Size.mebibytes(2048),
      command: ["python", "-c", "print('hello')"],
      environment: { STAGE: "bench" },
      secrets: { PASSWORD: batch.Secret.fromSecretsManager(secret, "password") },
      jobRole,
      logging: ecs.LogDriver.awsLogs({ streamPrefix: "job", logGroup }),
    }),
    retryAttempts: 3,
    retryStrategies: [
      batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
    ],
    timeout: cdk.Duration.hours(1),
    propagateTags: true,
  });
}
app.synth();
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    calls: 0,
    cpu_s: (user + system) / 1e6,
    wall_s: Number(process.hrtime.bigint() - started) / 1e9,
    python_mb: 0,
    node_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);

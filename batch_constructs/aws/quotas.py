"""The limits of the services around AWS Batch that an app with many jobs or queues runs into."""

from __future__ import annotations

from batch_constructs.aws.bound import Matching, Whole
from batch_constructs.aws.source import Source, docs, guide
from batch_constructs.aws.typing_names import Final

EVENT_PATTERN_CHARACTERS: Final = 2048
"""An event pattern as JSON."""

EVENTBRIDGE_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-quota.html",
    'EventBridge event bus quotas: "Event pattern size … 2,048", and up to 4,096 on request; rules'
    " of an event bus: 300 in most Regions.",
)

WILDCARD_RULES_A_BUS: Final = 30
"""Rules of an event bus whose patterns hold a wildcard."""

WILDCARD_RULES_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-quota.html",
    'Rules containing wildcards: "Each supported Region: 30 rules per event bus. Maximum number of'
    " rules, per event bus per account, that can contain event filters that include wildcards. This"
    ' quota cannot be adjusted."',
)

RULE_NAME_CHARACTERS: Final = 64
RULE_NAME: Final = Matching(
    r"[\.\-_A-Za-z0-9]+",
    "1 to 64 letters, digits, periods, hyphens and underscores",
    RULE_NAME_CHARACTERS,
)

RULE_NAME_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_PutRule.html",
    'Name: "Length Constraints: Minimum length of 1. Maximum length of 64. Pattern:'
    ' [\\.\\-_A-Za-z0-9]+".',
)

EVENT_BUS_NAME_CHARACTERS: Final = 256

QUEUE_POLICY_BYTES: Final = 8192
QUEUE_POLICY_STATEMENTS: Final = 20

QUEUE_POLICY_SOURCE: Final[Source] = docs(
    "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    '"Bytes 8,192"; "Statements 20". (Whether its "Conditions 10" are those of one statement or of'
    " all, the page does not say.)",
)

TOPIC_POLICY_BYTES: Final = 30_000
TOPIC_POLICY_STATEMENTS: Final = 100

TOPIC_POLICY_SOURCE: Final[Source] = docs(
    "sns/latest/dg/sns-access-policy-language-api-permissions-reference.html",
    'Policy quotas: "Bytes 30 kb"; "Statements 100". (30 kb are taken as 30,000 bytes at least.)',
)

BUCKET_POLICY_BYTES: Final = 20_480

BUCKET_POLICY_SOURCE: Final[Source] = docs(
    "AmazonS3/latest/userguide/using-iam-policies.html",
    '"Bucket policies are limited to 20 KB in size." (taken as 20,480 bytes)',
)

KEY_POLICY_BYTES: Final = 32_768

KEY_POLICY_SOURCE: Final[Source] = docs(
    "kms/latest/developerguide/resource-limits.html",
    '"Key policy document size … 32 KB (32,768 bytes)".',
)

EVENT_BUS_POLICY_CHARACTERS: Final = 10_240
"""The policy of one event bus; it grows with each account that is named."""

EVENT_BUS_POLICY_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-quota.html",
    'Event bus policy size: "Each supported Region: 10,240 … Maximum policy size, in characters.'
    ' This policy size increases each time you grant access to another account."',
)

EVENT_BUS_NAME: Final = Matching(
    r"(?!default$|aws\.)[\.\-_A-Za-z0-9]+",
    "1 to 256 letters, digits, periods, hyphens and underscores, neither default nor with aws. at "
    "their start",
    EVENT_BUS_NAME_CHARACTERS,
)
"""An event bus of one's own."""

EVENT_BUS_NAME_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_CreateEventBus.html",
    'Name: "Maximum length of 256. Pattern: [/\\.\\-_A-Za-z0-9]+"; "Custom event bus names can\'t'
    ' contain the / character"; "You can\'t use the name default for a custom event bus". Of others'
    " it says \"EventBus name starting with 'aws.' is not valid\""
    " (https://github.com/hashicorp/terraform-provider-aws/issues/35065).",
)

STATE_MACHINE_NAME: Final = Matching(
    r"[A-Za-z0-9!'()+.=@_-]+", "1 to 80 letters, digits and characters of !'()+-.=@_", 80
)
"""Of ASCII all that may be; names beyond it Step Functions takes, but CloudWatch does not."""

ANY_STATE_MACHINE_NAME: Final = Matching(
    r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+""",
    """1 to 80 characters, none of them white space, a bracket or one of ?*"#%\\^|~`$&,;:/""",
    STATE_MACHINE_NAME.longest,
)
"""All that Step Functions takes."""

STATE_MACHINE_NAME_SOURCE: Final[Source] = docs(
    "step-functions/latest/apireference/API_CreateStateMachine.html",
    'name: "Length Constraints: Minimum length of 1. Maximum length of 80."; "A name must not'
    " contain: white space, brackets < > { } [ ], wildcard characters ? *, special characters"
    ' " # % \\ ^ | ~ ` $ & , ; : /, control characters".',
)

EXECUTION_SECONDS: Final = Whole(1, unit="seconds")
"""How long a state machine may run."""

EXECUTION_SOURCE: Final[Source] = docs(
    "step-functions/latest/dg/statemachine-structure.html",
    'TimeoutSeconds: "The maximum number of seconds an execution of the state machine can run.";'
    " the specification of the Amazon States Language wants a positive integer.",
)

STATE_MACHINE_CHARACTERS: Final = 1_048_576
"""The definition of a state machine."""

STATE_MACHINE_CHARACTERS_SOURCE: Final[Source] = docs(
    "step-functions/latest/apireference/API_CreateStateMachine.html",
    'definition: "Length Constraints: Minimum length of 1. Maximum length of 1048576."',
)

DESCRIPTION: Final = Matching(r"[\s\S]+", "1 to 512 characters", 512)
"""What a rule or a schedule is said to be for."""

DESCRIPTION_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_PutRule.html",
    'Description: "Length Constraints: Maximum length of 512."; the same in CreateSchedule.',
)

DASHBOARD_NAME: Final = Matching(
    r"[A-Za-z0-9_-]+", "1 to 255 letters, digits, hyphens and underscores", 255
)

DASHBOARD_NAME_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
    'DashboardName: "The maximum length is 255, and the valid characters are A-Z, a-z, 0-9, "-",'
    ' and "_"."',
)

SCHEDULE_NAME: Final = Matching(
    r"[0-9a-zA-Z-_.]+", "1 to 64 letters, digits, periods, hyphens and underscores", 64
)
"""A schedule, and a group of schedules."""

SCHEDULE_NAME_SOURCE: Final[Source] = docs(
    "scheduler/latest/APIReference/API_CreateSchedule.html",
    'Name and GroupName: "Length Constraints: Minimum length of 1. Maximum length of 64. Pattern:'
    ' ^[0-9a-zA-Z-_.]+$".',
)

RATE_MINUTES: Final = Whole(1, unit="minutes")
"""How often a rule may run by itself."""

RATE_SOURCE: Final[Source] = docs(
    "eventbridge/latest/userguide/eb-scheduled-rule-pattern.html",
    'Rate expressions: "value: A positive number."; the shortest unit is the minute.',
)

ROLE_POLICY_CHARACTERS: Final = 10_240
"""All inline policies of a role together, white space not counted."""

ROLE_POLICY_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_iam-quotas.html",
    '"Role policy size can\'t exceed 10,240 characters." It is the sum of all inline policies.',
)

GROUP_POLICY_CHARACTERS: Final = 5120
"""All inline policies of a group together, white space not counted."""

GROUP_POLICY_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_iam-quotas.html",
    '"Group policy size can\'t exceed 5,120 characters." It is the sum of all inline policies.',
)

USER_POLICY_CHARACTERS: Final = 2048
"""All inline policies of a user together, white space not counted."""

USER_POLICY_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_iam-quotas.html",
    '"User policy size can\'t exceed 2,048 characters." It is the sum of all inline policies.',
)

MANAGED_POLICY_CHARACTERS: Final = 6144
"""One managed policy, white space not counted."""

MANAGED_POLICIES_A_ROLE: Final = 10
"""Managed policies of a role; more on request."""

MANAGED_POLICY_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_iam-quotas.html",
    '"The size of each managed policy can\'t exceed 6,144 characters."; "Managed policies attached'
    ' to an IAM role … 10".',
)

TRUST_POLICY_CHARACTERS: Final = 2048
TRUST_POLICY_ON_REQUEST: Final = 4096

TRUST_POLICY_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_iam-quotas.html",
    "Of a role, the length of its trust policy: 2048 characters, and on request up to 4096.",
)

PARAMETER_CHARACTERS: Final = 4096
"""The value of a standard parameter of Parameter Store, which costs nothing."""

PARAMETER_SOURCE: Final[Source] = docs(
    "systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    '"Maximum size of a parameter value": standard 4 KB, advanced 8 KB. "If you don\'t explicitly'
    " specify a tier in the request, the Parameter Store default tier setting determines which tier"
    ' the parameter is created in."',
)

ADVANCED_PARAMETER_CHARACTERS: Final = 8192
STANDARD_TIER: Final = "Standard"

FUNCTION_ENVIRONMENT_KB: Final = 4
FUNCTION_ENVIRONMENT_BYTES: Final = FUNCTION_ENVIRONMENT_KB * 1024
"""All environment variables of a function together, names and values."""

FUNCTION_ENVIRONMENT_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/gettingstarted-limits.html",
    'Function configuration: "Environment variables … 4 KB, for all environment variables'
    ' associated with the function, in aggregate".',
)

FUNCTION_POLICY_BYTES: Final = 20_480

FUNCTION_POLICY_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/gettingstarted-limits.html",
    'Function configuration: "Function resource-based policy … 20 KB", which cannot be changed; of'
    " one that was longer Lambda said that 20480 is the limit"
    " (https://github.com/aws/aws-cdk/issues/18369).",
)

FUNCTION_DESCRIPTION: Final = Matching(r"[\s\S]+", "1 to 256 characters", 256)

FUNCTION_DESCRIPTION_SOURCE: Final[Source] = docs(
    "lambda/latest/api/API_CreateFunction.html",
    'Description: "Length Constraints: Minimum length of 0. Maximum length of 256."',
)

DASHBOARD_COLUMNS: Final = 24
"""How wide a dashboard is, in the units that its widgets' widths are told in."""

DASHBOARD_BODY_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
    "Width of a widget: 1 to 24, in a grid of 24 columns.",
)

WIDGETS_A_DASHBOARD: Final = 500
METRICS_A_WIDGET: Final = 500
METRICS_A_DASHBOARD: Final = 2500

CLOUDWATCH_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html",
    'Dashboards: "Up to 500 widgets per dashboard. Up to 500 metrics per dashboard widget. Up to'
    ' 2500 metrics per dashboard, across all widgets."',
)

ALARM_SECONDS: Final = 604_800
"""The longest that an alarm looks back: its period, as often as its evaluation periods say.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (Period)
"""

LONG_PERIOD_SECONDS: Final = 3600
SHORT_ALARM_SECONDS: Final = 86_400
"""An alarm whose period is shorter than the one looks back as long as the other at most."""

ALARM_NAME: Final = Matching(r"[\s\S]+", "1 to 255 characters", 255)

ALARM_NAME_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    'AlarmName: "Length Constraints: Minimum length of 1. Maximum length of 255."',
)

STACK_OUTPUTS: Final = 200
STACK_PARAMETERS: Final = 200
STACK_MAPPINGS: Final = 200
MAPPING_ATTRIBUTES: Final = 200
STACK_NAME_CHARACTERS: Final = 255
"""What a resource, a parameter, an output or a mapping may be called."""

STACK_PARAMETER_BYTES: Final = 4096
TEMPLATE_DESCRIPTION_BYTES: Final = 1024
DYNAMIC_REFERENCES: Final = 60
TEMPLATE_BYTES: Final = 1_000_000
"""A template in a bucket, where the CDK puts it; 51,200 bytes in the request itself."""

STACK_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
    'Outputs: "200 outputs"; parameters: "200 parameters"; mappings: "200 mappings"; "60 dynamic'
    ' references in a stack template"; template body in an object of S3: "1 MB"; mapping'
    ' attributes: "200 attributes" of each mapping (cfn-lint counts those below one key); names of'
    " mappings, outputs, parameters and resources: 255 characters; a parameter's value: 4,096"
    " bytes; a template's description: 1,024 bytes.",
)

TEMPLATE_BODY_BYTES: Final = 51_200
"""A template that is passed in a call; a larger one has to lie in S3."""

TEMPLATE_BODY_BYTES_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/APIReference/API_CreateStackSet.html",
    "TemplateBody: a minimum length of 1 byte and a maximum length of 51,200 bytes.",
)

TEMPLATE_BYTES_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/cloudformation-limits.html", "1 MB: 1,000,000 bytes."
)

TARGET_INPUT_CHARACTERS: Final = 8192
"""What a rule gives its target, as it is or as a template of it."""

TARGET_INPUT_SOURCE: Final[Source] = docs(
    "eventbridge/latest/APIReference/API_Target.html",
    'Input: "Length Constraints: Maximum length of 8192."; the same of InputTemplate.',
)

LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""How long CloudWatch Logs may keep what a log group holds, where that ends."""

LOG_RETENTION_SOURCE: Final[Source] = docs(
    "AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    "retentionInDays: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827,"
    " 2192, 2557, 2922, 3288 and 3653.",
)

BATCH_RESOURCES: Final = 50
"""Job queues, compute environments and service environments, of each as many, in a Region."""

ENVIRONMENTS_A_CLUSTER: Final = 5
"""Compute environments of one EKS cluster."""

SHARES_A_QUEUE: Final = 20
"""Quota shares of one job queue."""

QUEUES_WITH_QUOTAS: Final = 1
"""Job queues with quota management of one service environment."""

BATCH_SOURCE: Final[Source] = guide(
    "service_limits",
    "\"The following table provides the service quotas for AWS Batch that can't be changed. Each"
    ' quota is Region specific." 50 job queues, 50 compute environments, 50 service environments, 5'
    " compute environments of one EKS cluster, 20 quota shares of a queue, 1 queue with quotas of a"
    " service environment; some accounts have been given more"
    " (https://github.com/hashicorp/terraform-provider-aws/issues/21737).",
)

LOG_RESOURCE_POLICIES: Final = 10
"""Resource policies of CloudWatch Logs in an account and Region; it cannot be raised."""

LOG_RESOURCE_POLICIES_SOURCE: Final[Source] = docs(
    "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
    'Resource policies: "Up to 10 CloudWatch Logs resource policies per Region per account. This'
    " quota can't be changed.\"",
)

LOG_RESOURCE_POLICY_CHARACTERS: Final = 5120

LOG_RESOURCE_POLICY_SOURCE: Final[Source] = docs(
    "AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html",
    'policyDocument: "Length Constraints: Minimum length of 1. Maximum length of 5120."',
)

LOG_TOKEN_HOURS: Final = 24
"""How long a token of a log stream says where reading goes on."""

LOG_TOKEN_SOURCE: Final[Source] = docs(
    "AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html",
    'nextForwardToken: "The token expires after 24 hours."',
)

TRAILS: Final = 5
"""Trails of CloudTrail in a Region."""

TRAILS_SOURCE: Final[Source] = docs(
    "awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html",
    'Trails per Region: "5"; "CloudTrail has no adjustable quotas."',
)

METRIC_FILTERS_A_GROUP: Final = 100

METRIC_FILTERS_SOURCE: Final[Source] = docs(
    "AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html",
    '"The maximum number of metric filters that can be associated with a log group is 100."',
)

REGULAR_EXPRESSIONS_A_GROUP: Final = 5
"""Metric filters of a log group whose pattern holds a regular expression."""

REGULAR_EXPRESSIONS_SOURCE: Final[Source] = docs(
    "AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html",
    '"There is also a quota of five regular expression patterns per log group."',
)

CONCURRENCY: Final = 1000
"""Functions of an account that run at once in a Region, unless it was given more."""

UNRESERVED_CONCURRENCY: Final = 100
"""What of it no function may reserve."""

RESERVED_CONCURRENCY_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/configuration-concurrency.html",
    '"You can reserve up to the Unreserved account concurrency value minus 100. The remaining 100'
    " units of concurrency are for functions that aren't using reserved concurrency.\"; an account"
    " has 1,000 in a Region by default.",
)

RULES_A_BUS: Final = 300
"""Rules of an event bus; more on request."""

TOPIC_NAME_CHARACTERS: Final = 256
TOPIC_NAME: Final = Matching(
    r"[A-Za-z0-9_-]+",
    "1 to 256 letters, digits, hyphens and underscores",
    TOPIC_NAME_CHARACTERS,
)

TOPIC_NAME_SOURCE: Final[Source] = docs(
    "sns/latest/api/API_CreateTopic.html",
    'Name: "Topic names must be made up of only uppercase and lowercase ASCII letters, numbers,'
    ' underscores, and hyphens, and must be between 1 and 256 characters long."',
)

TOPIC_DISPLAY_NAME: Final = Matching(r"[\s\S]+", "1 to 100 characters", 100)

TOPIC_DISPLAY_NAME_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html",
    'DisplayName: "The display name must be maximum 100 characters long".',
)

SUBJECT_CHARACTERS: Final = 99
"""The subject of a message as e-mail, which is ASCII without line breaks."""

SUBJECT_SOURCE: Final[Source] = docs(
    "sns/latest/api/API_Publish.html",
    'Subjects are "less than 100 characters long": 99 at most.',
)

"""Each private name of ministack that the adapter holds on to, one by one."""

from __future__ import annotations

import ast
import inspect
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import batch_constructs.local
from batch_constructs.aws.authorization import submit_job_resources

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

PACKAGE = Path(batch_constructs.local.__file__).parent


def imports_ministack(path: Path) -> bool:
    text = path.read_text()
    for node in ast.walk(ast.parse(text)) if "ministack" in text else ():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names.append(node.module)
        if any(name.split(".")[0] == "ministack" for name in names):
            return True
    return False


def test_ministack_is_the_version_that_the_names_were_read_in() -> None:
    assert version("ministack") == "1.5.33"


def test_ministack_is_imported_by_the_adapter_alone() -> None:
    importers = [
        path.relative_to(PACKAGE.parent)
        for path in PACKAGE.parent.rglob("*.py")
        if imports_ministack(path)
    ]

    assert importers
    assert {path.parts[:2] for path in importers} == {("local", "adapter")}


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        (
            "app",
            "_enforce_data_plane",
            ["service", "iam_action", "headers", "query_params", "request_id", "resource_arn"],
        ),
        ("app", "pin_request_origin", ["source_ip", "secure_transport"]),
        ("core.concurrency", "run_reentrant", ["fn", "args"]),
        (
            "core.iam_actions",
            "extract_iam_action",
            ["service", "method", "path", "headers", "body", "query_params"],
        ),
        (
            "core.iam_actions",
            "extract_resource_arn",
            [
                "service",
                "method",
                "path",
                "headers",
                "body",
                "query_params",
                "region",
                "account_id",
            ],
        ),
        ("core.responses", "request_scope", ["account_id", "region"]),
        ("services.batch", "handle_request", ["method", "path", "headers", "body", "query_params"]),
        ("services.cloudformation.engine", "_evaluate_conditions", ["template", "params"]),
        (
            "services.cloudformation.engine",
            "_resolve_refs",
            [
                *("value", "resources", "params", "conditions", "mappings"),
                *("stack_name", "stack_id"),
            ],
        ),
        (
            "services.cloudformation.engine",
            "_resolve_parameters",
            ["template", "provided_params"],
        ),
        ("services.cloudformation.engine", "_validate_template_limits", ["template"]),
        ("services.cloudformation.stacks", "_runs_on_worker_thread", ["resource_type"]),
        (
            "core.iam_evaluator",
            "_action_matches",
            ["request_action", "actions", "not_actions"],
        ),
        ("core.iam_evaluator", "_gather_role_policies", ["role_name", "account_id"]),
        ("core.iam_evaluator", "_permissions_boundary", ["store", "name", "account_id"]),
        ("core.iam_evaluator", "_resource_policy", ["service", "resource_arn"]),
        (
            "core.iam_evaluator",
            "combine_resource_policy",
            ["identity", "ctx", "policy", "owner_account", "required", "limits"],
        ),
        ("core.iam_evaluator", "evaluate", ["ctx", "policies", "limits"]),
        (
            "core.iam_evaluator",
            "evaluate_resource_policy",
            ["doc", "ctx", "service", "named_only", "direct_only"],
        ),
        ("services.cloudwatch_logs", "_describe_log_streams", ["data"]),
        ("services.eventbridge", "_cron_next_fire", ["fields", "after_dt"]),
        ("services.eventbridge", "_parse_cron_fields", ["expr"]),
        ("services.lambda_svc", "_apply_filter_criteria", ["records", "esm"]),
        ("services.lambda_svc", "_create_esm", ["data"]),
        ("services.lambda_svc", "_iter_all_esms", []),
        (
            "services.lambda_svc",
            "_route_async_failure",
            ["target_arn", "func_name", "event", "result"],
        ),
        (
            "services.cloudwatch",
            "_dispatch_alarm_actions",
            ["alarm", "old_state", "new_state", "reason"],
        ),
        ("services.pipes", "_create_pipe", ["name", "body"]),
        ("services.pipes", "_poll_pipe", ["_ddb", "pipe", "pipe_account_id"]),
        ("services.pipes", "_update_pipe", ["name", "body"]),
        ("services.scheduler", "_create_schedule", ["name", "body"]),
        ("services.scheduler", "_tick_schedules", []),
        ("services.scheduler", "_to_epoch", ["value"]),
        ("services.scheduler", "_update_schedule", ["name", "body"]),
        (
            "services.sns",
            "_deliver_to_lambda",
            [
                *("endpoint", "envelope", "topic_arn", "sub_arn", "msg_id"),
                *("raw_message", "message_attributes"),
            ],
        ),
        ("services.stepfunctions", "_invoke_resource", ["resource", "input_data"]),
        (
            "services.stepfunctions",
            "_invoke_with_callback",
            ["resource", "input_data", "token", "state_def"],
        ),
        ("services.eventbridge", "_apply_input_transformer", ["transformer", "rule", "view"]),
        ("services.eventbridge", "_event_pattern_error", ["pattern_str"]),
        ("services.eventbridge", "_invoke_target", ["target", "event", "rule", "view"]),
        ("services.eventbridge", "_pattern_event_view", ["event"]),
        ("services.eventbridge", "_put_events", ["data", "allow_aws_source"]),
        ("services.ssm", "_public_parameter", ["name"]),
        ("services.stepfunctions", "_ExecutionError", ["error", "cause"]),
        ("services.stepfunctions", "_add_event", ["execution", "event_type", "details"]),
        ("services.stepfunctions", "_emit_execution_status_event", ["execution"]),
        ("services.stepfunctions", "_fail_execution", ["execution", "error", "cause"]),
        ("services.stepfunctions", "_run_execution", ["exec_arn"]),
        ("services.stepfunctions", "_stop_execution", ["data"]),
        ("services.stepfunctions", "_validate_definition_jsonata", ["definition_str"]),
        ("services.stepfunctions", "_apply_input_path", ["state_def", "data", "ctx"]),
        ("services.stepfunctions", "_apply_output_path", ["state_def", "data", "ctx"]),
        ("services.stepfunctions", "_error_matches", ["error_equals", "error"]),
        ("services.stepfunctions", "_eval_intrinsic_arg", ["arg", "data", "ctx"]),
        ("services.stepfunctions", "_parse_jsonpath_tokens", ["path"]),
        ("services.stepfunctions", "_resolve_params_obj", ["template", "data", "ctx"]),
        ("services.ec2", "_matches_vpc_filters", ["vpc", "filters"]),
        ("services.cloudformation.engine", "_without_transform", ["template", "name"]),
        ("services.eventbridge", "_events_log_list", []),
        ("core.lambda_runtime", "execution_credentials", ["config"]),
        ("services.lambda_svc", "execution_credentials", ["config"]),
        ("services.lambda_svc", "_execute_function_with_config_scope", ["func", "event"]),
        ("services.lambda_svc", "_fetch_code_from_s3", ["bucket", "key", "version_id"]),
        (
            "services.cloudformation.custom_resource",
            "deliver_response",
            ["token", "response"],
        ),
        ("core.iam_evaluator", "_sigv2_check", ["request", "account_id"]),
        ("core.iam_evaluator", "find_iam_access_key_account", ["access_key_id"]),
        (
            "core.iam_evaluator",
            "resolve_credential",
            ["access_key_id", "account_id", "session_token"],
        ),
        ("core.sigv4", "parse_header_signature", ["headers"]),
        ("core.sigv4", "parse_query_signature", ["query_params"]),
        ("core.sigv4", "presigned_request_is_expired", ["amz_date", "expires"]),
        ("core.sigv4", "request_time_failure", ["signature"]),
        (
            "core.sigv4",
            "header_signature_failure",
            ["signature", "secret", "method", "raw_path", "query_params", "headers", "body"],
        ),
        ("services.cloudwatch_logs", "_append_log_events", ["stream", "events"]),
        ("services.cloudwatch_logs", "_describe_log_groups", ["data"]),
        ("services.stepfunctions", "_execute_task", ["state_def", "raw_input", "execution", "ctx"]),
        ("services.sts", "register_session", ["access_key", "session"]),
    ],
)
def test_a_function_takes_what_the_adapter_hands_it(
    module: str, name: str, parameters: list[str]
) -> None:
    function = getattr(__import__(f"ministack.{module}", fromlist=[name]), name)

    assert list(inspect.signature(function).parameters)[: len(parameters)] == parameters


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("services.cloudformation.custom_resource", "_pending", dict),
        ("services.cloudformation.provisioners", "_CUSTOM_NAME_REPLACEMENT", dict),
        ("services.cloudformation.provisioners", "_REPLACING_PROPERTIES", dict),
        ("services.cloudformation.provisioners", "_RESOURCE_HANDLERS", dict),
        ("services.cloudformation.provisioners", "_STACK_TAG_PROPERTY", dict),
        ("services.eventbridge", "_SCHEDULER_TICK_INTERVAL", int),
        ("services.scheduler", "_SCHEDULE_TICK_INTERVAL", int),
        ("services.stepfunctions", "_SERVICE_DISPATCH", dict),
    ],
)
def test_a_table_is_where_the_adapter_looks_for_it(
    module: str, name: str, kind: type[object]
) -> None:
    table = getattr(__import__(f"ministack.{module}", fromlist=[name]), name)

    assert isinstance(table, kind)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("services.eventbridge", "_archives"),
        ("services.eventbridge", "_rules"),
        ("services.iam", "_instance_profiles"),
        ("services.secretsmanager", "_secrets"),
        ("services.stepfunctions", "_executions"),
        ("services.stepfunctions", "_state_machines"),
        ("services.sts", "_sessions"),
    ],
)
def test_a_store_is_where_the_adapter_looks_for_it(module: str, name: str) -> None:
    store = getattr(__import__(f"ministack.{module}", fromlist=[name]), name)

    assert callable(store.get)


@pytest.mark.local_aws
class TestAuthorization:
    """Who may do what, decided per resource."""

    @pytest.fixture(scope="class")
    def submitter(self, local_aws: LocalAws) -> Any:
        """An IAM user who may submit one job definition to one queue."""
        iam = local_aws.client("iam")
        iam.create_user(UserName="submitter")
        arn = "arn:aws:batch:us-east-1:123456789012"
        statement = {
            "Effect": "Allow",
            "Action": "batch:SubmitJob",
            "Resource": submit_job_resources(
                queue=f"{arn}:job-queue/allowed",
                definition=f"{arn}:job-definition/allowed",
                jobs=f"{arn}:job/*",
            ),
        }
        iam.put_user_policy(
            UserName="submitter",
            PolicyName="submit",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        key = iam.create_access_key(UserName="submitter")["AccessKey"]
        import boto3

        return boto3.client(
            "batch",
            endpoint_url=local_aws.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    @pytest.mark.parametrize(
        ("queue", "definition", "denied"),
        [
            ("other", "allowed:1", "job-queue/other"),
            ("allowed", "other:1", "job-definition/other"),
        ],
    )
    def test_another_resource_is_denied_by_its_name(
        self, submitter: Any, queue: str, definition: str, denied: str
    ) -> None:
        with pytest.raises(ClientError, match=f"not authorized .*{denied}") as refusal:
            submitter.submit_job(jobName="x", jobQueue=queue, jobDefinition=definition)

        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"

    def test_a_denied_submission_says_which_rights_it_takes(self, submitter: Any) -> None:
        with pytest.raises(ClientError, match=r"allow batch:SubmitJob on .* and on job/\*"):
            submitter.submit_job(jobName="x", jobQueue="other", jobDefinition="allowed:1")

    def test_the_allowed_resources_reach_the_service(self, submitter: Any) -> None:
        with pytest.raises(ClientError) as refusal:
            submitter.submit_job(jobName="x", jobQueue="allowed", jobDefinition="allowed:1")

        assert refusal.value.response["Error"]["Code"] == "ClientException"

    def test_describing_needs_a_right_too(self, submitter: Any) -> None:
        with pytest.raises(ClientError, match="batch:DescribeJobQueues"):
            submitter.describe_job_queues()

    def test_another_region_is_said_not_to_be_played(self, local_aws: LocalAws) -> None:
        import boto3

        elsewhere = boto3.client(
            "batch",
            endpoint_url=local_aws.endpoint_url,
            region_name="eu-central-1",
            aws_access_key_id=local_aws.server.record.access.access_key_id,
            aws_secret_access_key=local_aws.server.record.access.secret_access_key,
        )

        with pytest.raises(ClientError, match="emulates account .* in us-east-1"):
            elsewhere.describe_job_queues()


@pytest.mark.local_aws
def test_an_aws_event_reaches_a_rule(local_aws: LocalAws) -> None:
    from tests.local.api_job import submit

    with local_aws.events({"source": ["aws.batch"], "detail": {"status": ["SUCCEEDED"]}}) as events:
        job_id = submit(local_aws.client, ["true"])
        event = events.wait_for(lambda event: event["detail"]["jobId"] == job_id)

    assert event["detail-type"] == "Batch Job State Change"
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")


@pytest.mark.local_aws
def test_an_alarm_looks_at_the_metric_of_its_own_dimensions_only(local_aws: LocalAws) -> None:
    cloudwatch = local_aws.client("cloudwatch")
    functions = ["alarmed-fails", "alarmed-works"]
    for function in functions:
        cloudwatch.put_metric_alarm(
            AlarmName=function,
            Namespace="Alarmed",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
        )
    for function, errors in zip(functions, [1, 0], strict=True):
        cloudwatch.put_metric_data(
            Namespace="Alarmed",
            MetricData=[
                {
                    "MetricName": "Errors",
                    "Dimensions": [{"Name": "FunctionName", "Value": function}],
                    "Value": errors,
                }
            ],
        )

    alarms = cloudwatch.describe_alarms(AlarmNames=functions)["MetricAlarms"]

    assert {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms} == {
        "alarmed-fails": "ALARM",
        "alarmed-works": "OK",
    }


@pytest.mark.local_aws
def test_why_asks_the_embedded_aws_all_that_it_asks_aws(local_aws: LocalAws) -> None:
    from batch_constructs.client.why import Why, why
    from tests.local.api_job import submit
    from tests.local.test_server import wait_until

    batch = local_aws.client("batch")

    def ask(job_id: str, text: str = "") -> Why:
        found: list[Why] = []

        def said() -> bool:
            found[:] = [why(batch, job_id, client=local_aws.client)]
            return text in str(found)

        wait_until(said, f"{text} is not in what why says of {job_id}")
        return found[0]

    def fault(kind: str, reason: str | None = None) -> None:
        request = {"environment": "ec2", "kind": kind, "reason": reason}
        local_aws.server.record.access.control("fault", request)

    failed = submit(local_aws.client, ["sh", "-c", "echo last words; exit 3"], suffix="-of-why")
    secret = local_aws.client("secretsmanager").create_secret(Name="s", SecretString="s")["ARN"]
    by_nobody = {
        "executionRoleArn": "arn:aws:iam::123456789012:role/nobody",
        "secrets": [{"name": "S", "valueFrom": secret}],
    }
    no_role = submit(local_aws.client, ["true"], suffix="-of-why-2", container=by_nobody)
    environment = batch.create_compute_environment(
        computeEnvironmentName="ec2",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "maxvCpus": 4,
            "minvCpus": 0,
            "instanceTypes": ["m7i.large"],
            "instanceRole": "nobodys-profile",
            "subnets": ["subnet-12345678"],
            "securityGroupIds": ["sg-12345678"],
        },
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": environment}]
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    sizes = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]
    batch.register_job_definition(
        jobDefinitionName="d",
        type="container",
        containerProperties={"image": "i", "command": ["true"], "resourceRequirements": sizes},
    )
    fault("capacity")
    waits = batch.submit_job(jobName="w", jobQueue="q", jobDefinition="d")["jobId"]

    for ended in (failed, no_role):
        local_aws.wait_for_job(ended)
    assert ask(failed).log == ("last words",)
    assert "there is no role nobody; create it" in str(ask(no_role).reasons[-1])
    stuck = ask(waits, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")
    assert [each.cause for each in stuck.reasons[1:]] == [
        "there is no instance profile nobodys-profile"
    ]
    assert stuck.notes == (
        "instances of ec2: 0 in its cluster",
        "it is the first job in its queue",
    )
    fault("invalid", "CLIENT_ERROR - of the test")
    assert "is INVALID: CLIENT_ERROR - of the test" in str(ask(waits, "INVALID").reasons)

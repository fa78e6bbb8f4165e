"""What the stack promises."""

import aws_cdk as cdk
from aws_cdk import assertions

import app
from batch_constructs.rules import check_template


def template() -> assertions.Template:
    return assertions.Template.from_stack(app.build(cdk.App()))


def test_a_report_is_submitted_every_night():
    template().has_resource_properties(
        "AWS::Scheduler::Schedule", {"ScheduleExpression": "cron(0 2 * * ? *)"}
    )


def test_nothing_in_the_template_would_be_refused():
    findings = check_template(template().to_json())

    assert [finding for finding in findings if finding.severity != "info"] == []

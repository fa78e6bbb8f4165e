"""What the stack promises."""

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

import app
from batch_constructs.testing import assert_least_privilege, synth


@pytest.fixture(scope="module")
def template():
    """The template; an error or a warning of its synthesis fails every test."""
    return synth(app.build(cdk.App()))


def test_a_report_is_submitted_every_night(template):
    assertions.Template.from_json(template).has_resource_properties(
        "AWS::Scheduler::Schedule", {"ScheduleExpression": "cron(0 2 * * ? *)"}
    )


def test_no_role_may_do_more_than_it_needs(template):
    assert_least_privilege(template)

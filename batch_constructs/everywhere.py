"""A stack in many accounts and Regions at once: a StackSet of the whole.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as s3_assets

from batch_constructs.applied_settings import default_for
from batch_constructs.arguments import Arguments
from batch_constructs.asset_folder import asset_folder
from batch_constructs.aws.bound import Matching
from batch_constructs.aws.names import ACCOUNT, REGION_CODE
from batch_constructs.aws.quotas import TEMPLATE_BODY_BYTES
from batch_constructs.aws.template_facts import NOT_IN_A_STACK_NAME, ROLES, STACK_SET_NAME
from batch_constructs.construct import BatchConstruct, given, in_an_app_of_its_own
from batch_constructs.jsii_objects import javascript_error
from batch_constructs.known_scope import known_scope
from batch_constructs.one_call import members
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from constructs import Construct

_UNIT = Matching(
    r"(ou-[a-z0-9-]+|r-[a-z0-9]{4,32})", "the ID of a unit (ou-…) or of the root (r-…)"
)


class EverywhereStackSet(BatchConstruct):
    """Deploys a stack, which a function builds, to many accounts and Regions with a StackSet.

    Constructs with code or files, such as ``JobNotifications``, cannot be part of it, because their
    files are in a bucket of this account. Environments, queues, definitions, native metrics and
    ``ForwardedEvents`` can, and one account can then notify people of everything.

    The stack is in an app of its own. ``DefaultSettings``, tags, a permissions boundary and other
    aspects of this app do not reach it, so apply them to the stack in ``build``. A warning reminds
    you if there are such settings.

    Creates, below its own ID: ``Resource`` (AWS::CloudFormation::StackSet); a template of more than
    50 KiB becomes a file asset (``Template``).

    Attributes:
        resource: The L1 resource.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        build: Fills the stack that it gets, which knows neither its account nor its Region.
        regions: The Regions.
        accounts: The accounts; each has the role ``AWSCloudFormationStackSetExecutionRole``, and
            this one ``AWSCloudFormationStackSetAdministrationRole``. Give these or
            ``organizational_units``.
        organizational_units: Organizational units, or the root, of an organization that trusts
            CloudFormation's StackSets; accounts that join later get the stack, too.
        stack_set_name: Its name: at most 128 letters, digits and hyphens, a letter first. Default:
            the path of the construct, with hyphens in place of other characters.

    Raises:
        ValueError: neither or both kinds of targets, something that is not an account or a unit, or
            something in the stack that needs files.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html
    """

    resource: cdk.CfnStackSet

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        build: Callable[[cdk.Stack], object],
        regions: Sequence[str],
        accounts: Sequence[str] | None = None,
        organizational_units: Sequence[str] | None = None,
        stack_set_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        if not callable(build):
            arguments.wrong_type("build", build, "a function that fills the stack it is given")
        places = arguments.texts("regions", regions, bound=REGION_CODE)
        if not places:
            arguments.wrong_value("regions is empty: name at least one")
        if accounts is not None and organizational_units is not None:
            arguments.only_one("organizational_units", "accounts")
        if accounts is None and organizational_units is None:
            arguments.wrong_value("accounts is left out: give it, or organizational_units")
        targets = arguments.texts("accounts", accounts, bound=ACCOUNT)
        units = arguments.texts("organizational_units", organizational_units, bound=_UNIT)
        given_name = arguments.text("stack_set_name", stack_set_name, bound=STACK_SET_NAME)
        arguments.refuse()

        by_path = _as_name(known_scope(self).path)
        name = by_path if given_name is None else given_name
        self._tell_of_settings()
        template = self._template(build, by_path if is_token(name) else name)
        managed = accounts is None
        body = json.dumps(template, separators=(",", ":"))
        where: dict[str, Any] = {"template_body": body}
        if len(body.encode()) > TEMPLATE_BODY_BYTES:
            file = asset_folder() / "template.json"
            file.write_text(body)
            asset = s3_assets.Asset(self, "Template", path=str(file))
            where = {"template_url": asset.http_url}
        self.resource = cdk.CfnStackSet(
            self,
            "Resource",
            stack_set_name=name,
            permission_model="SERVICE_MANAGED" if managed else "SELF_MANAGED",
            auto_deployment={"enabled": True, "retainStacksOnAccountRemoval": False}
            if managed
            else None,
            capabilities=list(ROLES),
            stack_instances_group=[
                {
                    "deploymentTargets": given(accounts=targets, organizationalUnitIds=units),
                    "regions": places,
                }
            ],
            **where,
        )

    def _tell_of_settings(self) -> None:
        """Warn of settings of the app, which what is built does not know."""
        settings = ("function_settings", "log_retention", "log_encryption_key")
        said = [one for one in settings if default_for(self, one) is not None]
        if said:
            cdk.Annotations.of(self).add_warning_v2(
                "batch-constructs:settings-of-stack-sets",
                f"DefaultSettings sets {', '.join(said)} in this app, but not in what is built "
                "for other accounts: begin build with DefaultSettings.of(stack).apply(…)",
            )

    def _expect_something(self, inner: cdk.Stack) -> None:
        """Refuse a template without resources, which CloudFormation does not take."""
        if not any(isinstance(one, cdk.CfnResource) for one in inner.node.find_all()):
            raise ValueError(
                f"{self.node.path}: build creates no resource, and CloudFormation refuses such a "
                "template: add resources to the stack that it gets"
            )

    def _template(self, build: Callable[[cdk.Stack], object], name: str) -> Any:
        """Build the stack in an app of its own, and return its template.

        It has the name of the stack set, as what is named after it is to be no other stack set's,
        and the CDK validates it where it validates the app around.
        """
        [validated] = members(self.node.root, "_builtinCloudFormationValidation")
        app = cdk.App(
            outdir=str(asset_folder()),
            analytics_reporting=False,
            builtin_cloud_formation_validation=validated is not False,
            context=_context_of(self),
        )
        inner = cdk.Stack(app, name, synthesizer=cdk.BootstraplessSynthesizer())
        try:
            with in_an_app_of_its_own():
                build(inner)
            self._expect_something(inner)
            return app.synth().get_stack_by_name(inner.stack_name).template
        except (RuntimeError, ValueError) as error:
            said = str(javascript_error(error) or error).splitlines()[0]
            for heard, told in _WRONG_IN_BUILD.items():
                if found := heard.search(said):
                    raise ValueError(f"{self.node.path}: {found.expand(told)}") from error
            raise


_WRONG_IN_BUILD: Final = {
    re.compile("across apps"): (
        "build refers to a construct of this app, which does not exist there: create it in build, "
        "or import it there by its name"
    ),
    re.compile(r"Cannot use resource '([^']+)' in a cross-environment"): (
        r"build refers to \1 of this app, whose name is only known once it is deployed: create it "
        "in build, or give it a name, such as bucket_name, if other accounts can use it"
    ),
    re.compile(r"from context provider (\S+) since"): (
        r"build looks something up (\1), and the CDK asks none of the accounts and Regions of a "
        "stack set: create it in build, or import it there by values of each account, such as "
        "ec2.Vpc.from_vpc_attributes with ssm.StringParameter.value_for_string_parameter"
    ),
    re.compile("(.*assets.*)", re.IGNORECASE): (
        "build creates something that needs files of this account, which no other account can "
        r"read (\1): leave it out, and let ForwardedEvents send events"
    ),
}
"""What the CDK says of a stack in an app of its own, and what it means there."""


def _as_name(path: str) -> str:
    """Make a name of a construct path; the end of a long one gives way to its digest."""
    name = NOT_IN_A_STACK_NAME.sub("-", path)
    longest = STACK_SET_NAME.longest or len(name)
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(path.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: longest - _DIGEST_LENGTH - 1]}-{digest}"


_DIGEST_LENGTH: Final = 8


def _context_of(construct: Construct) -> dict[str, Any]:
    context: dict[str, Any] = construct.node.get_all_context()
    return {
        name: value for name, value in context.items() if not name.startswith("aws:cdk:bundling")
    }

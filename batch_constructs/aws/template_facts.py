"""What CloudFormation takes as a template, whatever its resources are."""

from __future__ import annotations

from batch_constructs.aws.bound import Matching
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

NO_VALUE: Final = {"Ref": "AWS::NoValue"}
"""What takes away what it is the value of.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
"""

FORMAT_VERSION: Final = "AWSTemplateFormatVersion"
FORMAT_VERSIONS: Final = ("2010-09-09",)
"""All that there are.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/format-version-structure.html
"""

PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
"""What AWS CloudFormation itself knows of a stack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
"""

NEEDED_OF_ENTRIES: Final = {"Parameters": "Type", "Outputs": "Value"}
"""What each entry of a section needs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
"""

SECTIONS: Final = (
    FORMAT_VERSION,
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
    "Hooks",
)
OBJECT_SECTIONS: Final = (
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
    "Hooks",
)
"""Those that are objects of what they name; the others are texts, or a list of them."""

SECTIONS_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/template-anatomy.html",
    "The sections of a template. Any other is refused: Invalid template property or properties.",
)

BOUNDS_OF_PARAMETERS: Final = frozenset({"MaxLength", "MaxValue", "MinLength", "MinValue"})
"""What holds a parameter's value to a number.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

ROLES: Final = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")
ROLES_AND_MACROS: Final = (*ROLES, "CAPABILITY_AUTO_EXPAND")
"""What is acknowledged of a template that makes roles, or that has macros besides.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

STACK_SET_NAME: Final = Matching(
    r"[A-Za-z][A-Za-z0-9-]*", "1 to 128 letters, digits and hyphens, a letter first", 128
)

NOT_IN_A_STACK_NAME: Final = pattern(r"[^A-Za-z0-9-]")
"""A character that no name of a stack or a stack set has."""

STACK_SET_NAME_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/APIReference/API_CreateStackSet.html",
    'StackSetName: "A stack name can contain only alphanumeric characters (case-sensitive) and'
    " hyphens. It must start with an alphabetic character and can't be longer than 128"
    ' characters."',
)

STACK_COMPLETE: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
"""The status of a stack whose deployment did what it was for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

RESOURCES: Final = 500
"""Resources of one template; it cannot be raised."""

RESOURCES_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
    "Resources: the maximum number of resources that you can declare in a template is 500; separate"
    " it into several by using nested stacks.",
)

RESOURCES_SECTION_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/resources-section-structure.html",
    "The Resources section is required; each resource has an alphanumeric logical ID and a Type.",
)

NULL_SOURCE: Final[Source] = seen(
    "https://github.com/aws-cloudformation/cfn-lint/issues/38",
    "[/Resources/…] 'null' values are not allowed in templates.",
)

REFERENCE_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ref.html",
    "Ref names a parameter or a resource of the template. CloudFormation refuses any other:"
    " Unresolved resource dependencies.",
)

CIRCLE_SOURCE: Final[Source] = seen(
    "https://aws.amazon.com/blogs/infrastructure-and-automation/handling-circular-dependency-errors-in-aws-cloudformation/",
    '"two resources are dependent on each other or that a resource is dependent on itself" … "When'
    " AWS CloudFormation assesses that this type of condition exists, you will get a circular"
    ' dependency error"',
)

RESOLVED_SECRET_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html",
    "CloudFormation replaces a dynamic reference with the value of the secret.",
)

REPEATED_KEY_SOURCE: Final[Source] = seen(
    "https://github.com/aws-cloudformation/cfn-lint/issues/35",
    "CloudFormation silently uses the last value of a key that is used twice.",
)

CONSTRUCT_PATH: Final = "aws:cdk:path"
"""The metadata in which the CDK says which construct a resource is of."""

PATH_IS_SAID: Final = "aws:cdk:enable-path-metadata"
"""Whether it does."""

STACK_ARTIFACT: Final = "aws:cloudformation:stack"
ASSETS_ARTIFACT: Final = "cdk:asset-manifest"
ASSEMBLY_ARTIFACT: Final = "cdk:cloud-assembly"
"""What a cloud assembly has of a stack, of the files and images that go with it, and of a stage.

https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_cloud-assembly-schema.ArtifactType.html
"""

MOUNTS: Final = "batch-constructs:mounts"
"""The metadata in which we say what is mounted: path → how it is known, what it is, what for."""

TO_READ: Final = "mounted to read"
TO_WRITE: Final = "mounted to write"

"""What has the form of a bound in a room is ours: those of AWS's stand on the ground floor."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.aws.test_facts_stand_once import PACKAGE, ROOMS

CHOSEN = {
    r"diagram/.*": "how a picture looks",
    r"monitoring/(widgets|dashboard_body|overview_dashboard)\.py .*": "how a dashboard looks",
    r"monitoring/alarm_thresholds\.py (datapoints=|of=|Decimal|_READINGS)": "when an "
    "alarm of ours rings",
    r"local/batch/host\.py (_CLONE_|_MS_|_PR_|_ST_|range).*": "Linux's",
    r"local/batch/image_runtimes\.py _LINKS": "Linux's",
    r".* (_UNREADABLE|_TROUBLE|_INTERRUPTED|_SIGNALLED)": "exit codes",
    r".* \w*(SECONDS?(_\w+)?|timeout=|seconds=|period=|_TIMEOUT|_WAIT_DAYS|_PERIOD_MINUTES)": "how "
    "long we wait, or hold something",
    r".* \w*(_MINUTE|_FIVE_MINUTES|_QUARTER_HOUR|_HOUR|_DAY|_AN_HOUR|_A_DAY|_MILLISECONDS|_A_GIB|"
    r"_MEBIBYTE|_PERCENT|FIVE_MINUTES|_A_MINUTE)": "units",
    r"(rules|triggers/exponential_pattern\.py|adopt/rehearsal\.py|functions/claims/log\.py).* "
    r"_?(MOST|LONGEST|FEWEST|DEEPEST|MANY|SEVERAL|WAYS_OF|A_LINE|FEW|ROUNDS)\w*": "how much is "
    "looked at",
    r".* (maxsize|indent|width|default|mode)=": "of Python's own functions",
    r".* _?(ATTEMPTS\w*|\w*RETRIES|_ROUNDS|MOST_RESCUES|\w*_MISSED|RECEIVES_OF_\w+)": "how "
    "often we try",
    r"functions/claims/(remembered|identity)\.py .*": "how a table of ours is packed",
    r".* (_LARGE|_CHUNK|_IN_MEMORY_\w+|_CACHED_BLOCKS|_CONNECTIONS|_PREPARERS|_AT_A_TIME|_FULL|"
    r"_FOUND_BY_POINTER|_LONGEST_LINE|LINE_BYTES|_LINE_BYTES|ROOM_BYTES|_MOST_BYTES|LEAST_MEMORY_MEBIBYTES|"
    r"_MEMORY_OF_THE_REST_MEBIBYTES|_MEMORY_MEBIBYTES|MOST_BYTES_TOLD|LEFT_FOR_GRANTS|"
    r"_FRAME)": "sizes of ours",
    r".* (_?SHORT|_MANY|_FEW|_SOME|_SHOWN_JOBS|(JOBS|CHILDREN)_SHOWN|_INDENT|_WIDTH|"
    r"_REASON_CHARACTERS|_LEAST_ROOM|_WORTH_PROCESSES|_MOST_JOBS|"
    r"_BATCHS_OWN_CHARACTERS)": "how much is said",
    r".* (HASH_LENGTH|_LONGEST_PREFIX|_LONGEST_NAME|max_length=|longest=)": "names of ours, "
    "shorter than AWS takes them",
    r".* slice (2|3|-2|5)": "parts of something that is taken apart",
    r".* slice (6|8|10|11|12|16|17|20|24|32|60|80|-30|4)": "characters of a digest, of a random "
    "part, or that are shown",
    r".* Compare (2|4|7|404|1114112)": "one or several; HTTP's, Python's and IP's own",
    r"\S+ (_ATTRIBUTE|_REGION|_OF_\w+|_GAPS|OVER|_MADE_UP|_REFERRED|\w*_TOKEN\w*|PARTS)": "places, "
    "and marks of ours",
    r"functions/gauges/reading\.py _EARLIEST_MILLISECONDS": "what can be no number of seconds",
    r"triggers/gateway_arguments\.py (_LARGEST_JOB_BATCH|_MESSAGES_PER_HOUR|Whole)": "what a "
    "gateway of ours does at most",
    r"monitoring/event_log_policy\.py _GROUPS_A_POLICY": "for how many groups one policy is ours",
    r"queues/spot_rescue\.py .*|jobs/container_image\.py memory_limit_mib=": "a stand-in",
    r"local/(cdk_cli\.py OLDEST_NODE|demo\.py .*)": "not AWS's",
    r"project/.*": "an example",
    r"compute/cheapest_instances\.py _NEARLY": "what we take for as cheap",
    r"rules/interpreters\.py operand=": "which word of a program is code",
    r"compute/root_volume\.py _SYSTEM_GIBIBYTES": "what we reckon with",
    r"jobs/gpu_settings\.py _STACK_BYTES": "NVIDIA's",
    r"monitoring/idle_notices\.py _(EVERY|A_DAY)_MINUTES": "how often we look, and for how long",
    r"queue_senders\.py _LEFT_FOR_OTHERS": "what is left of a policy for other statements",
    r"queues/nested_queues\.py STACKS": "among how many stacks of ours queues are divided",
}
"""What has the form of a bound and is none of AWS's: file and name, and why."""


def value_of(node: ast.expr) -> float | None:
    """Work out a number that is written in full; one and nought bound nothing by themselves."""
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), {})  # noqa: S307  # literals
    except (NameError, AttributeError, TypeError, SyntaxError):
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and abs(value) > 1 else None


def bounds_in(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give what has the form of a bound, of whatever size: constants, comparisons, ranges, ….

    Also slices, and numbers that something is called with by name.
    """
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.isupper():
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(map(ast.unparse, names), values, strict=True)
                yield from ((name, value) for name, value in pairs if name.isupper())
            case ast.Compare(left=left, comparators=others):
                yield from (("Compare", one) for one in (left, *others))
            case ast.Call(func=ast.Name(id="Whole" | "Decimal" | "Counting" | "range" as name)):
                yield from ((name, one) for one in node.args)
            case ast.Slice(lower=lower, upper=upper):
                yield from (("slice", one) for one in (lower, upper) if one is not None)
            case ast.keyword(arg=str(name), value=value):
                yield f"{name}=", value


@cache
def bare_bounds() -> frozenset[str]:
    return frozenset(
        f"{path.relative_to(PACKAGE)} {name} {value}"
        for path in ROOMS
        for name, node in bounds_in(ast.parse(path.read_text()))
        if (value := value_of(node)) is not None
    )


def is_chosen(bound: str, pattern: str) -> bool:
    return re.fullmatch(rf"({pattern})( -?[\d.e+]+)?", bound) is not None


def test_every_bound_in_a_room_is_one_of_ours() -> None:
    """Small ones as well, that mean too many things to be looked for by their value."""
    found = [one for one in bare_bounds() if not any(is_chosen(one, why) for why in CHOSEN)]

    assert sorted(found) == []


def test_each_reason_for_a_bound_of_ours_is_needed() -> None:
    assert [p for p in CHOSEN if not any(is_chosen(one, p) for one in bare_bounds())] == []


def test_a_small_bound_in_a_room_is_found() -> None:
    tree = ast.parse("""
_MOST_GROUPS = 5
ok = 1 <= len(attempts) <= 10 and Whole(1, 3)
few, rest = listed[:9], call(limit=15)
""")
    found = {(name, value_of(node)) for name, node in bounds_in(tree)}

    wanted = {("_MOST_GROUPS", 5), ("Compare", 10), ("Whole", 3), ("slice", 9), ("limit=", 15)}
    assert wanted <= found

"""Mermaid, SVG, the columns, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from batch_constructs.diagram.batch_part import picture_of
from batch_constructs.diagram.columns import columns
from batch_constructs.diagram.mermaid import as_mermaid
from batch_constructs.diagram.picture import Edge, Node, Part, Picture
from batch_constructs.diagram.svg import as_svg

ROOT = Path(__file__).parents[2]
QUICKSTART = next(ROOT.glob("tests/__snapshots__/test_examples/*quickstart*.json"))
HOSTILE = '"]<script>alert(1)</script>\n%% & ; end'


def picture(*arrows: tuple[str, str], name: str = "") -> Picture:
    ids = dict.fromkeys(id_ for arrow in arrows for id_ in arrow)
    nodes = {id_: Node(id=id_, name=name or id_, kind="k", part=Part.WAITS) for id_ in ids}
    return Picture(nodes, {Edge(source=a, target=b, label=name): None for a, b in arrows})


def test_mermaid_has_a_line_for_each_box_and_arrow() -> None:
    drawn = picture(("Queue", "Spot"))
    drawn.edges[Edge(source="Queue", target="Spot", label="tells", dashed=True)] = None

    assert as_mermaid(drawn).splitlines() == [
        "flowchart LR",
        '  n_Queue["Queue<br/><small>k</small>"]:::waits',
        '  n_Spot["Spot<br/><small>k</small>"]:::waits',
        "  n_Queue --> n_Spot",
        '  n_Queue -.->|"tells"| n_Spot',
        "  classDef waits fill:#fff3d6,stroke:#b7791f,color:#3d2a06",
    ]


def test_a_hostile_name_stays_a_name_in_mermaid() -> None:
    written = as_mermaid(picture((HOSTILE, "b"), name=HOSTILE))

    assert len(written.splitlines()) == 5
    assert "<script" not in written
    assert "#60;script#62;" in written


def test_a_hostile_name_stays_a_name_in_svg() -> None:
    root = ET.fromstring(as_svg(picture((HOSTILE, "b"), name=HOSTILE)))  # noqa: S314  # ours

    assert not [one for one in root.iter() if one.tag.endswith("script")]


def test_ids_that_differ_in_signs_alone_stay_two_boxes() -> None:
    written = as_mermaid(picture(("a/b", "a-b")))

    assert "n0_a_b --> n1_a_b" in written


def test_arrows_go_from_left_to_right() -> None:
    assert columns(picture(("a", "b"), ("b", "c"), ("a", "c"))) == [["a"], ["b"], ["c"]]


def test_a_circle_is_laid_out() -> None:
    assert columns(picture(("a", "b"), ("b", "c"), ("c", "a"))) == [["a"], ["b"], ["c"]]


def test_boxes_are_ordered_so_that_arrows_do_not_cross() -> None:
    assert columns(picture(("a", "y"), ("b", "x"), ("a", "y"))) in (
        [["a", "b"], ["y", "x"]],
        [["b", "a"], ["x", "y"]],
    )


def test_no_box_covers_another() -> None:
    root = ET.fromstring(as_svg(picture_of(json.loads(QUICKSTART.read_text()))))  # noqa: S314
    boxes = [
        tuple(float(one.attrib[key]) for key in ("x", "y", "width", "height"))
        for one in root.iter("{http://www.w3.org/2000/svg}rect")
        if one.get("rx") == "7"
    ]

    assert len(boxes) > 10
    for place, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[place + 1 :]:
            apart = x + width <= left or left + wide <= x or y + height <= top or top + high <= y
            assert apart
    assert max(x + width for x, _, width, _ in boxes) <= float(root.attrib["width"])


@pytest.mark.parametrize("drawn", [as_mermaid, as_svg])
def test_the_same_template_gives_the_same_picture(drawn: Callable[[Picture], str]) -> None:
    text = QUICKSTART.read_text()

    assert drawn(picture_of(json.loads(text))) == drawn(picture_of(json.loads(text)))


def test_the_command_draws_a_template() -> None:
    done = CliRunner().invoke(main, ["diagram", str(QUICKSTART)])

    assert done.exit_code == 0
    assert done.output == as_mermaid(picture_of(json.loads(QUICKSTART.read_text())))


def test_the_command_draws_svg() -> None:
    done = CliRunner().invoke(main, ["diagram", str(QUICKSTART), "--format", "svg"])

    assert done.output.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_several_stacks_are_one_picture_that_names_them(tmp_path: Path) -> None:
    for name in ("One", "Two"):
        queue = {"Resources": {"Queue": {"Type": "AWS::Batch::JobQueue", "Properties": {}}}}
        (tmp_path / f"{name}.template.json").write_text(json.dumps(queue))

    done = CliRunner().invoke(main, ["diagram", str(tmp_path)])

    assert done.output.count("flowchart") == 1
    assert "One: Queue" in done.output
    assert "Two: Queue" in done.output


def test_a_template_without_aws_batch_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')

    done = CliRunner().invoke(main, ["diagram", str(path)])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "there is nothing of AWS Batch to draw" in done.stderr


def test_what_cannot_be_read_is_said() -> None:
    done = CliRunner().invoke(main, ["diagram", "nowhere.json"])

    assert (done.exit_code, done.stderr) == (2, "nowhere.json: there is no such file\n")

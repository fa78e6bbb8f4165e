"""Deploy an app to the embedded AWS: synthesised here, deployed by the real ``cdk`` CLI."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.template_facts import PATH_IS_SAID, STACK_ARTIFACT, STACK_COMPLETE
from batch_constructs.local.cdk_cli import CdkCli, find_node
from batch_constructs.local.deployment_plan import artifacts, leave_images_out, plan, stack_names
from batch_constructs.local.direct_deployment import BOOTSTRAP_VERSION
from batch_constructs.local.environment_variables import without_aws
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.user_command import run_to_end
from batch_constructs.validation_switches import for_the_laptop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batch_constructs.local.deployment_plan import Artifact, Plan
    from batch_constructs.local.server import ServerRecord

_QUIET = ("--require-approval", "never", "--progress", "events", "--ci")
_DIRECT = ("--method", "direct")
"""No change set: here it would be executed at once."""

_CONTEXT_IN_A_VARIABLE = 100_000
"""Characters of a context for which the CLI needs no file: Linux takes 128 KiB in a variable."""

_CONTEXT_OF_THE_CLI = {
    PATH_IS_SAID: True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:version-reporting": False,
    "aws:cdk:bundling-stacks": ["**"],
}


@dataclass(frozen=True, kw_only=True)
class CdkApp:
    """A CDK app on disk.

    Args:
        directory: where it stands.
        command: what runs it, such as ``python app.py``; None where ``cdk.json`` says it.
    """

    directory: Path
    command: str | None

    @classmethod
    def find(cls, directory: Path, command: str | None) -> CdkApp:
        """Return the app of a directory.

        Args:
            directory: where to look.
            command: what runs the app. Default: what ``cdk.json`` says, else ``app.py``.

        Raises:
            LocalAwsError: there is none.
        """
        if command is not None or (directory / "cdk.json").exists():
            return cls(directory=directory, command=command)
        if (directory / "app.py").exists():
            return cls(
                directory=directory, command="python3 app.py"
            )  # this one: it is first on PATH
        raise LocalAwsError(
            f"there is no CDK app in {directory}: neither cdk.json nor app.py; go to the app's "
            "directory, or name the command that runs it with --app"
        )


class CdkDeployer:
    """Bootstraps, deploys and destroys as a person with the ``cdk`` CLI would.

    Args:
        record: the server to deploy to.
        app: the app.
        output: where the CLI writes the cloud assembly.
        show: is given every line of the CLI.
        client: gives boto3 clients of the server.
        build: what builds the images of the app that its jobs run in, and for which nothing stands.
            Default: the server's engine; without one they are not built.
    """

    def __init__(
        self,
        record: ServerRecord,
        app: CdkApp,
        *,
        output: Path,
        show: Callable[[str], None],
        client: Callable[[str], Any],
        build: str | None = None,
    ) -> None:
        self._record = record
        self._build = build
        self._app = app
        self._output = output
        self._show = show
        self._client = client
        self._said: set[str] = set()
        temporary = output.with_name("tmp")
        temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            **record.access.environment(record.marker),
            **for_the_laptop(),
            # What the CLI leaves goes with the server.
            "CDK_HOME": str(temporary / "cdk"),
            "TMPDIR": str(temporary),
        }
        self._environment = environment
        self._cli = CdkCli(environment, app.directory)

    def bootstrap(self) -> bool:
        """Bootstrap the account, unless it is; say whether it was necessary."""
        ssm = self._client("ssm")
        if ssm.get_parameters(Names=[BOOTSTRAP_VERSION])["Parameters"]:
            return False
        place = f"aws://{self._record.account_id}/{self._record.access.region}"
        self._cli.run(
            ["bootstrap", place, "--app", "", "--output", str(self._output)],
            show=self._show,
            what="cdk bootstrap",
        )
        return True

    def deploy(self, stacks: Sequence[str] = (), *, record: bool = False) -> list[str]:
        """Deploy the stacks, by default all; return the names of those the app has.

        The app runs as the CLI would run it, or by the CLI where it has to, because something is
        looked up. It is looked at before the first resource is made.

        Args:
            stacks: by ID or name.
            record: whether resources that nothing plays here are recorded in their stacks, and
                stacks for other accounts and Regions left out.

        Raises:
            LocalAwsError: there is what cannot be played, the CLI failed, or a stack is not
                complete whatever the CLI says.
        """
        if not self._run_app():
            self._synthesise()
        found = self._look_at(stacks, record=record)
        self._from_assembly("deploy", *_QUIET, *_DIRECT, *self._chosen(found, stacks))
        names = [name for name in self._names(stacks) if name not in found.places]
        for name in names:
            self._check(name)
        return names

    def redeploy(self, stacks: Sequence[str] = (), *, record: bool = False) -> list[str]:
        """Deploy as `deploy` does, without the CLI, in a fraction of its time.

        Raises:
            LocalAwsError: there is what cannot be played, or the app or a stack failed.
        """
        from batch_constructs.local.direct_deployment import DirectDeployment

        if not self._run_app():
            self._synthesise()
        found = self._look_at(stacks, record=record)
        direct = DirectDeployment(self._record, self._client)
        wanted = set(self._names(stacks)) - {*found.places}
        done = []
        for key, artifact, directory in _in_order(artifacts(self._output)):
            name = artifact["properties"].get("stackName", key)
            if name in wanted:
                assets = directory / f"{key}.assets.json"
                template = directory / artifact["properties"]["templateFile"]
                direct.deploy(name, template, assets if assets.exists() else None)
                done.append(name)
        return done

    def _run_app(self) -> bool:
        """Synthesise the app without the CLI; say whether that can be."""
        home = Path(self._environment.get("HOME", "/"))
        try:
            configured = self._configured("cdk.json")
            context = json.dumps(
                {
                    **_CONTEXT_OF_THE_CLI,
                    **self._configured("cdk.context.json"),
                    **configured.get("context", {}),
                }
            )
        except (TypeError, ValueError):
            return False  # the CLI says what is wrong
        command = self._app.command or configured.get("app")
        if (
            not isinstance(command, str)
            or "build" in configured
            or len(context) > _CONTEXT_IN_A_VARIABLE
            or (home / ".cdk.json").exists()
            or (self._app.directory / command).is_dir()
        ):
            return False
        environment = {
            **find_node().environment(self._environment),
            "CDK_OUTDIR": str(self._output),
            "CDK_CONTEXT_JSON": context,
            "CDK_DEFAULT_ACCOUNT": self._record.account_id,
            "CDK_DEFAULT_REGION": self._record.access.region,
        }
        with self._written_anew() as manifest:
            done = run_to_end(command, environment, directory=self._app.directory, show=self._show)
            if done.code != 0:
                raise LocalAwsError(f"{command} failed:\n{done.text}".rstrip())
            if not manifest.exists():
                raise LocalAwsError(
                    f"{command} ended without writing a cloud assembly to {self._output}; let the "
                    "app call synth() at its end"
                )
            return not json.loads(manifest.read_text()).get("missing")

    @contextmanager
    def _written_anew(self) -> Iterator[Path]:
        """Give the manifest to be written, and let none pass for it that was there before.

        Where none is written the one before stays, for `destroy`.
        """
        manifest = self._output / "manifest.json"
        before = manifest.read_bytes() if manifest.exists() else None
        manifest.unlink(missing_ok=True)
        try:
            yield manifest
        finally:
            if before is not None and not manifest.exists() and self._output.is_dir():
                manifest.write_bytes(before)

    def _configured(self, name: str) -> dict[str, Any]:
        path = self._app.directory / name
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return {**found}

    def destroy(self, stacks: Sequence[str] = ()) -> None:
        """Destroy the stacks, by default all, as they were last synthesised if they were.

        Those for other accounts and Regions are left out: they are not here.
        """
        if not (self._output / "manifest.json").exists():
            self._synthesise()
        self._from_assembly("destroy", "--force", *self._chosen(self._plan(stacks), stacks))

    def _synthesise(self) -> None:
        """Synthesise the app; what it looked up here does not stay in the user's context."""
        context = self._app.directory / "cdk.context.json"
        before = context.read_bytes() if context.exists() else None
        app = [] if self._app.command is None else ["--app", self._app.command]
        arguments = ["synth", "--quiet", *app, "--output", str(self._output)]
        try:
            with self._written_anew():
                self._cli.run(arguments, show=self._show, what="cdk synth")
        finally:
            if before is not None:
                context.write_bytes(before)
            else:
                context.unlink(missing_ok=True)

    def _plan(self, stacks: Sequence[str]) -> Plan:
        return plan(
            self._output,
            types=self._record.access.control("types", {})["types"],
            account_id=self._record.account_id,
            region=self._record.access.region,
            stacks=stacks,
        )

    @staticmethod
    def _chosen(found: Plan, stacks: Sequence[str]) -> list[str]:
        """Say which stacks the CLI is to work on."""
        return ["--exclusively", *found.here] if found.places else [*stacks] or ["--all"]

    def _look_at(self, stacks: Sequence[str], *, record: bool) -> Plan:
        found = self._plan(stacks)
        refusals = found.refusals(record=record)
        if refusals:
            hint = [
                "",
                (
                    "to record these resources without emulating them, and to skip "
                    "stacks for other places: --record"
                ),
            ]
            raise LocalAwsError("\n".join(["this app cannot be emulated here:", *refusals, *hint]))
        processes = self._build_images(found)
        for remark in found.remarks(record=record, processes=processes):
            self._tell(remark)
        leave_images_out(self._output)
        if found.types:
            self._record.access.control("record", {"types": sorted(found.types)})
        return found

    def _tell(self, remark: str) -> None:
        """Show what holds for every deployment of the app, once."""
        if remark not in self._said:
            self._show(remark)
            self._said.add(remark)

    def _build_images(self, found: Plan) -> list[str]:
        """Build what is to be built, and return the images that nothing stands for then."""
        images = {"images": sorted({*found.images, *found.named})}
        answer = self._record.access.control("images", images)
        engine: str | None = answer["engine"]
        processes: list[str] = answer["processes"]
        builder = engine if self._build is None else self._build
        if builder is None:
            return processes
        environment = without_aws()
        for image in sorted(found.named & {*found.images} & {*answer["unmapped"]}):
            build = found.images[image]
            kept = self._output.with_name("built") / f"{image.rpartition(':')[2]}.tar"
            left_out = build.left_out(builder)
            if left_out:
                self._tell(
                    f"{build.label}: {builder} does not support {', '.join(left_out)}, so it "
                    "is left out"
                )
            if builder == engine:  # which finds in its own store what it has built
                build.run(builder, image, environment)
            else:
                if not kept.exists():  # it is named after what is in it
                    self._show(f"{build.label} is built by {builder}")
                    build.run(builder, image, environment)
                    build.save(builder, image, kept, environment)
                self._record.access.control("stand", {"image": image, "place": str(kept)})
        return [image for image in processes if image not in found.named & {*found.images}]

    def _from_assembly(self, command: str, *arguments: str) -> None:
        self._cli.run(
            [command, *arguments, "--app", str(self._output)],
            show=self._show,
            what=f"cdk {command}",
        )

    def _names(self, stacks: Sequence[str]) -> list[str]:
        return [
            artifact["properties"].get("stackName", key)
            for key, artifact, _ in artifacts(self._output)
            if artifact["type"] == STACK_ARTIFACT
            and (not stacks or stack_names(key, artifact) & {*stacks})
        ]

    def _check(self, name: str) -> None:
        from botocore.exceptions import ClientError

        try:
            stack = self._client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as problem:
            raise LocalAwsError(
                f"the cdk CLI reports that it deployed {name}, but there is no such stack: "
                f"{problem}"
            ) from problem
        if stack["StackStatus"] not in STACK_COMPLETE:
            raise LocalAwsError(
                f"the cdk CLI says it deployed {name}, but the stack is {stack['StackStatus']}: "
                f"{stack.get('StackStatusReason', 'no reason given')}"
            )


def _in_order(found: Iterable[Artifact]) -> Iterator[Artifact]:
    """Yield the stacks of an assembly, each after those it depends on."""
    by_key = {key: (key, artifact, directory) for key, artifact, directory in found}
    done: set[str] = set()

    def visit(key: str) -> Iterator[Artifact]:
        if key in done or key not in by_key:
            return
        done.add(key)
        _, artifact, _ = by_key[key]
        for dependency in artifact.get("dependencies", ()):
            yield from visit(dependency)
        if artifact["type"] == STACK_ARTIFACT:
            yield by_key[key]

    for key in by_key:
        yield from visit(key)

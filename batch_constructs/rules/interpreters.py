"""Programs that run code from their command line, and how each is given it.

Seen on their own pages: csh, elvish, expect, nu, osh and ysh, yash; on pages of others: beeline,
ghc, hive, micropython, ocaml, spark-sql, swift, trino. Of the rest the page says where to look, and
it is open whether it says so today: a mistake is a warning too many or too few, never an error.
"""

from __future__ import annotations

import re
from functools import cached_property

from batch_constructs.aws.password_options import REDIS_PAGE, REDIS_PROGRAMS
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import Final


class Program(Record):
    """Programs that take code alike.

    Attributes:
        names: their names, without the numbers of their versions.
        page: where their command line is described; empty where no page does.
        option: the option whose value is code.
        operand: which word that is no option is code, counted from 1; 0 for none.
        valued: the options that take a value of another kind, where an operand is code or the
            code comes behind further options.
        from_file: the option by which the code stands in a file instead.
        all_behind: whether every word behind is part of the code, too.
        files: how many files or addresses may stand before the option; behind one more, which is a
            script then, options are its own.
        before: words that may stand before the option; behind any other, options are not its own.
    """

    names: str
    page: str
    option: str = ""
    operand: int = 0
    valued: str = ""
    from_file: str = ""
    all_behind: bool = False
    files: int = 0
    before: str | None = None

    @cached_property
    def is_assigned(self) -> re.Pattern[str]:
        """Match the option with what is written onto it."""
        return re.compile(rf"(?:{self.option})=")

    @cached_property
    def is_valued(self) -> re.Pattern[str]:
        """Match an option that takes a value of another kind."""
        return re.compile(self.valued)

    @cached_property
    def is_from_file(self) -> re.Pattern[str]:
        """Match the option by which the code stands in a file."""
        return re.compile(self.from_file or r"(?!)")

    @cached_property
    def ends(self) -> re.Pattern[str]:
        """Match an option that says that the code stands elsewhere than in an operand."""
        return re.compile(rf"(?:{self.option})(?:=.*|$)" if self.option else r"(?!)")

    @cached_property
    def is_option(self) -> re.Pattern[str]:
        """Match the option."""
        return re.compile(self.option)


_NPM: Final = "https://github.com/npm/cli/blob/latest/docs/lib/content/commands"
_SHELL: Final = r"-[a-zA-Z]*c[a-zA-Z]*|--command"
_OF_A_SHELL: Final = r"[-+][a-zA-Z]*[oO]"
_POWERSHELL: Final = r"(?i:[-/](?:c|command|e|ec|encodedcommand))"
_MANY: Final = 1_000
_FIELDS: Final = r"-[Fvli]|--(?:field-separator|assign|include|load)"
_PROGRAM_FILE: Final = r"-[a-zA-Z]*f.*|--(?:from-)?file(?:=.*)?"
_SSH: Final = r"-[a-zA-Z]*[BbcDEeFIiJLlmOopQRSWw]"
_WATCH: Final = r"-[a-z]*[nq]|--(?:interval|equexit)"
_PARALLEL: Final = (
    r"-[ajnNLSPCdI]|--(?:arg-file|jobs|max-procs|max-args|max-replace-args|max-lines|sshlogin"
    r"|colsep|delimiter|joblog|results|tmpdir|timeout|retries|delay|halt|tagstring|workdir|wd"
    r"|memfree|load|env|block|recstart|recend|nice|basefile|return|sshloginfile|tempdir)"
)
_JQ: Final = r"-L|--(?:indent|library-path)"
_SQLITE: Final = r"--?(?:init|separator|newline|nullvalue|maxsize|mmap|vfs|lookaside|pagecache)"

PROGRAMS: Final = (
    # shells
    Program(
        "sh ash dash",
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html",
        _SHELL,
        valued=_OF_A_SHELL,
    ),
    Program(
        "bash rbash",
        "https://www.gnu.org/software/bash/manual/html_node/Invoking-Bash.html",
        _SHELL,
        valued=_OF_A_SHELL,
    ),
    Program("fish", "https://fishshell.com/docs/current/cmds/fish.html", _SHELL),
    Program("ksh oksh loksh pdksh", "https://man.openbsd.org/ksh.1", _SHELL, valued=_OF_A_SHELL),
    Program(
        "mksh lksh",
        "https://www.mirbsd.org/htman/i386/man1/mksh.htm",
        _SHELL,
        valued=_OF_A_SHELL,
    ),
    Program(
        "zsh",
        "https://zsh.sourceforge.io/Doc/Release/Invocation.html",
        _SHELL,
        valued=_OF_A_SHELL,
    ),
    Program("csh tcsh", "https://man.freebsd.org/cgi/man.cgi?query=tcsh", _SHELL),
    Program(
        "nu",
        "https://github.com/nushell/nushell/blob/main/src/command.rs",
        r"-[a-z]*[ce]|--commands|--execute",
    ),
    Program("xonsh", "https://xon.sh/launch.html", _SHELL),
    Program("osh oil ysh", "https://oils.pub/release/latest/doc/ref/chap-front-end.html", _SHELL),
    Program("yash", "https://magicant.github.io/yash/doc/invoke.html", rf"{_SHELL}|--cmdline"),
    Program("elvish", "https://elv.sh/ref/command.html", _SHELL),
    Program("busybox toybox", "https://busybox.net/downloads/BusyBox.html", _SHELL),
    Program(
        "cmd",
        "https://learn.microsoft.com/windows-server/administration/windows-commands/cmd",
        r"/[ckrCKR]",
        all_behind=True,
        files=_MANY,  # further options, such as /S
    ),
    Program(
        "pwsh",
        "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_pwsh",
        _POWERSHELL,
        all_behind=True,
    ),
    Program(
        "powershell",  # a word without an option is -Command here, and -File to pwsh
        "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_powershell_exe",
        _POWERSHELL,
        operand=1,
        valued=r"(?i:-(?:psconsolefile|version|v|inputformat|if|outputformat|of|windowstyle|w"
        r"|executionpolicy|ep|ex|configurationname))",
        from_file=r"(?i:[-/]f(?:ile)?)",
        all_behind=True,
    ),
    # what hands text to a shell
    Program(
        "su runuser",
        "https://man7.org/linux/man-pages/man1/su.1.html",
        r"-c|--(?:session-)?command",
    ),
    Program(
        "flock", "https://man7.org/linux/man-pages/man1/flock.1.html", r"-c|--command", files=1
    ),
    Program(
        "script",
        "https://man7.org/linux/man-pages/man1/script.1.html",
        r"-[a-z]*c|--command",
        files=1,
    ),
    Program(
        "env",
        "https://www.gnu.org/software/coreutils/manual/html_node/env-invocation.html",
        r"-[iv0]*S|--split-string",
    ),
    Program(
        "eval",
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
        operand=1,
        all_behind=True,
    ),
    Program(
        "watch",
        "https://man7.org/linux/man-pages/man1/watch.1.html",
        operand=1,
        valued=_WATCH,
        from_file=r"-[a-z]*x|--exec",
        all_behind=True,
    ),
    Program("ssh", "https://man.openbsd.org/ssh.1", operand=2, valued=_SSH, all_behind=True),
    Program(
        "parallel",
        "https://www.gnu.org/software/parallel/man.html",
        operand=1,
        valued=_PARALLEL,
        all_behind=True,
    ),
    Program(
        "make gmake",  # what a variable is stands in the shell's text, and calls functions of make
        "https://www.gnu.org/software/make/manual/html_node/Overriding.html",
        r"[A-Za-z_][\w.-]{0,200}[:?+!]{0,2}(?==)",
        files=_MANY,
    ),
    Program("capsh", "https://man7.org/linux/man-pages/man1/capsh.1.html", r"-c", files=_MANY),
    Program("expect", "https://man7.org/linux/man-pages/man1/expect.1.html", r"-c"),
    Program(
        "npx",
        f"{_NPM}/npx.md",
        r"-c|--call",
        before="",
    ),
    Program(
        "npm",
        f"{_NPM}/npm-exec.md",
        r"-c|--call",
        before="exec x",
    ),
    Program("sbatch", "https://slurm.schedmd.com/sbatch.html", r"--wrap", files=_MANY),
    Program(
        "nix-shell",
        "https://nix.dev/manual/nix/stable/command-ref/nix-shell.html",
        r"--run|--command",
        files=_MANY,
    ),
    Program("doppler", "https://docs.doppler.com/docs/cli", r"--command", files=_MANY),
    Program(
        "pixi",
        "https://pixi.sh/latest/reference/cli/pixi/run/",
        r"run",
        all_behind=True,
    ),
    Program(
        "tar",
        "https://www.gnu.org/software/tar/manual/html_section/checkpoints.html",
        r"--(?:checkpoint-action=exec|to-command|info-script|new-volume-script"
        r"|use-compress-program)|-I",
        files=_MANY,
    ),
    # languages
    Program("python pypy", "https://docs.python.org/3/using/cmdline.html", r"-[a-zA-Z]*c"),
    Program("ipython", "https://ipython.readthedocs.io/en/stable/interactive/reference.html", "-c"),
    Program("micropython", "https://docs.micropython.org/en/latest/unix/quickref.html", r"-c"),
    Program("sage", "https://doc.sagemath.org/html/en/reference/repl/options.html", r"-c"),
    Program("perl", "https://perldoc.perl.org/perlrun", r"-[a-zA-Z0]*[eE]"),
    Program("raku", "https://docs.raku.org/programs/04-running-raku", r"-[a-z0]*e"),
    Program(
        "ruby jruby", "https://docs.ruby-lang.org/en/master/ruby/options_md.html", r"-[a-z0]*e"
    ),
    Program("crystal", "https://crystal-lang.org/reference/man/crystal/", r"eval"),
    Program("node nodejs", "https://nodejs.org/api/cli.html", r"-[a-z]*[ep]|--eval|--print"),
    Program("bun", "https://bun.sh/docs/cli/run", r"-[ep]|--eval|--print"),
    Program("ts-node tsx", "https://typestrong.org/ts-node/docs/usage/", r"-p?[ep]|--eval|--print"),
    Program("deno", "https://docs.deno.com/runtime/reference/cli/eval/", r"eval"),
    Program(
        "php",
        "https://www.php.net/manual/features.commandline.options.php",
        r"-[rRBE]|--(?:run|process-code|process-begin|process-end)",
    ),
    Program(
        "rscript",
        "https://stat.ethz.ch/R-manual/R-devel/library/utils/html/Rscript.html",
        r"-e",
    ),
    Program("r", "https://cran.r-project.org/doc/manuals/r-release/R-intro.html", r"-e"),
    Program(
        "julia",
        "https://docs.julialang.org/en/v1/manual/command-line-interface/",
        r"-[eE]|--eval|--print",
    ),
    Program("lua", "https://www.lua.org/manual/5.4/lua.html", r"-e"),
    Program("luajit", "https://luajit.org/running.html", r"-e"),
    Program("clojure clj", "https://clojure.org/reference/deps_and_cli", r"-e|--eval"),
    Program("bb", "https://book.babashka.org/", r"-e|--eval"),
    Program("elixir iex", "https://hexdocs.pm/elixir/introduction-to-mix.html", r"-e|--eval"),
    Program("erl", "https://www.erlang.org/doc/apps/erts/erl_cmd.html", r"-eval"),
    Program("groovy", "https://groovy-lang.org/groovycli.html", r"-e"),
    Program("scala", "https://docs.scala-lang.org/overviews/scala3-book/scala-tools.html", r"-e"),
    Program("ghc", "https://downloads.haskell.org/ghc/latest/docs/users_guide/using.html", r"-e"),
    Program("ocaml", "https://ocaml.org/manual/toplevel.html", r"-e"),
    Program("swift", "https://www.swift.org/documentation/", r"-e"),
    Program("osascript", "https://ss64.com/mac/osascript.html", r"-e"),
    Program(
        "guile",
        "https://www.gnu.org/software/guile/manual/html_node/Command_002dline-Options.html",
        r"-c",
    ),
    Program("racket", "https://docs.racket-lang.org/reference/running-sa.html", r"-e|--eval"),
    Program("sbcl", "https://www.sbcl.org/manual/", r"--eval"),
    Program("swipl", "https://www.swi-prolog.org/pldoc/man?section=cmdline", r"-g|-t"),
    Program(
        "emacs",
        "https://www.gnu.org/software/emacs/manual/html_node/emacs/Action-Arguments.html",
        r"--?(?:eval|execute)",
        files=_MANY,
    ),
    Program(
        "vim nvim vi", "https://vimhelp.org/starting.txt.html", r"-c|--cmd|\+(?=.)", files=_MANY
    ),
    Program(
        "gdb",
        "https://sourceware.org/gdb/current/onlinedocs/gdb.html/File-Options.html",
        r"--?(?:ex|iex|eval-command|init-eval-command)",
        files=_MANY,
    ),
    Program(
        "octave",
        "https://docs.octave.org/latest/Command-Line-Options.html",
        r"--eval",
    ),
    Program(
        "maxima",
        "https://maxima.sourceforge.io/docs/manual/Command_002dline-options.html",
        r"--(?:batch|run)-string|-r",
    ),
    Program("gnuplot", "https://gnuplot.sourceforge.net/docs_6.0/Batch_Interactive.html", r"-e"),
    Program(
        "wolframscript",
        "https://reference.wolfram.com/language/ref/program/wolframscript.html",
        r"--?c(?:ode)?",
    ),
    Program("matlab", "https://www.mathworks.com/help/matlab/ref/matlablinux.html", r"-r|-batch"),
    # text
    Program(
        "awk gawk mawk nawk",
        "https://www.gnu.org/software/gawk/manual/html_node/Options.html",
        r"-e|--source",
        operand=1,
        valued=_FIELDS,
        from_file=_PROGRAM_FILE,
    ),
    Program(
        "sed gsed",
        "https://www.gnu.org/software/sed/manual/html_node/Command_002dLine-Options.html",
        r"-[a-z]*e|--expression",
        operand=1,
        valued=r"-l|--line-length",
        from_file=_PROGRAM_FILE,
    ),
    Program(
        "jq gojq jaq",
        "https://jqlang.org/manual/",
        operand=1,
        valued=_JQ,
        from_file=_PROGRAM_FILE,
    ),
    Program(
        "yq",
        "https://mikefarah.gitbook.io/yq",
        r"e|eval|eval-all|ea",
        operand=1,
        valued=r"-[oplIs]|--(?:output-format|input-format|indent|split-exp|front-matter|expression)",
        from_file=r"--from-file(?:=.*)?",
    ),
    # databases
    Program(
        "psql",
        "https://www.postgresql.org/docs/current/app-psql.html",
        r"-c|--command",
        files=_MANY,
    ),
    Program(
        "mysql",
        "https://dev.mysql.com/doc/refman/8.4/en/mysql-command-options.html",
        r"-[a-zA-Z]*e|--execute",
        files=_MANY,
    ),
    Program(
        "mariadb",
        "https://mariadb.com/kb/en/mariadb-command-line-client/",
        r"-[a-zA-Z]*e|--execute",
        files=_MANY,
    ),
    Program(
        "sqlite3",
        "https://www.sqlite.org/cli.html",
        r"--?cmd",
        operand=2,
        valued=_SQLITE,
        all_behind=True,
    ),
    Program(
        "duckdb",
        "https://duckdb.org/docs/stable/clients/cli/arguments",
        r"--?(?:c|cmd|s)",
        operand=2,
        valued=_SQLITE,
        all_behind=True,
    ),
    Program(
        "clickhouse clickhouse-client clickhouse-local",
        "https://clickhouse.com/docs/interfaces/cli",
        r"-q|--query",
        files=_MANY,
    ),
    Program(
        "sqlcmd",
        "https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility",
        r"-[qQ]",
        files=_MANY,
    ),
    Program(
        "mongosh mongo",
        "https://www.mongodb.com/docs/mongodb-shell/reference/options/",
        r"--eval",
        files=_MANY,
    ),
    Program(
        "cqlsh",
        "https://cassandra.apache.org/doc/stable/cassandra/tools/cqlsh.html",
        r"-e|--execute",
        files=_MANY,
    ),
    Program(
        REDIS_PROGRAMS,
        REDIS_PAGE,
        r"(?i:eval(?:_ro)?)",
        files=_MANY,
    ),
    Program(
        "hive beeline",
        "https://hive.apache.org/docs/latest/user/hiveserver2-clients/",
        r"-e",
        files=_MANY,
    ),
    Program(
        "spark-sql",
        "https://spark.apache.org/docs/latest/sql-distributed-sql-engine-spark-sql-cli.html",
        r"-e",
        files=_MANY,
    ),
    Program(
        "snowsql",
        "https://docs.snowflake.com/en/user-guide/snowsql-start",
        r"-q|--query",
        files=_MANY,
    ),
    Program(
        "trino presto", "https://trino.io/docs/current/client/cli.html", r"--execute", files=_MANY
    ),
    Program(
        "aws",
        "https://docs.aws.amazon.com/cli/latest/reference/athena/start-query-execution.html",
        r"--query-string",
        files=_MANY,
    ),
    Program(
        "bq", "https://docs.cloud.google.com/bigquery/docs/reference/bq-cli-reference", r"query"
    ),
    Program(
        "influx", "https://docs.influxdata.com/influxdb/v2/reference/cli/influx/query/", r"query"
    ),
)

_BY_NAME: Final = {name: one for one in PROGRAMS for name in one.names.split()}

_VERSION: Final = pattern(r"[\d.]+(?:\.exe)?$|\.exe$")


def program_of(word: str) -> Program | None:
    """Find the program of a word, without its folder and the number of its version."""
    if len(word) >= _LONGEST:
        return None
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    if name[-1:].isdigit() or name.endswith((".", ".exe")):
        return _BY_NAME.get(name) or _BY_NAME.get(_VERSION.sub("", name))
    return _BY_NAME.get(name)


_LONGEST: Final = 4096
"""No path is longer."""

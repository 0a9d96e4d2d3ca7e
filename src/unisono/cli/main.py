"""Entry point of the ``unisono`` command: the list of commands, and what errors look like.

One module a command, each with a function whose signature is its options. Heavy imports stand
inside those functions, so that ``--help`` stays fast. An error that is the user's to mend is one
line and exit status 2; anything else is ours, and keeps its traceback (status 1).
"""

import signal
import sys
from collections.abc import Sequence

import cyclopts

from unisono.cli import (
    cite,
    demo,
    describe,
    edit,
    evaluate,
    experiment,
    generate,
    import_,
    learn_word,
    stream,
    studio,
    train,
    translate,
    view,
)
from unisono.cli import map as map_
from unisono.core.errors import UnisonoError

__all__ = ["app", "main"]

app = cyclopts.App(
    name="unisono",
    help="Generate any signal of a moving system from any other, with honest bands.",
    help_format="plaintext",
    help_flags=["--help", "-h"],
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for _name, _run in (
    ("demo", demo.run),
    ("describe", describe.run),
    ("import", import_.run),
    ("train", train.run),
    ("generate", generate.run),
    ("learn-word", learn_word.run),
    ("translate", translate.run),
    ("stream", stream.run),
    ("evaluate", evaluate.run),
    ("view", view.run),
    ("map", map_.run),
    ("edit", edit.run),
    ("studio", studio.run),
    ("experiment", experiment.run),
    ("cite", cite.run),
):
    app.command(_run, name=_name)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse ``argv``, run one command, and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = words[0] if words and not words[0].startswith("-") else ""
    try:
        status = app(words, exit_on_error=False, print_error=False)
    except (UnisonoError, cyclopts.CycloptsError) as error:
        text = " ".join(f"{error} {_remedy(error, command)}".split())
        print(f"unisono {command}: {text}" if command else f"unisono: {text}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"unisono {command}: stopped.", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        sys.stderr.close()
        return 0
    return int(status) if isinstance(status, int) else 0


def _remedy(error: Exception, command: str) -> str:
    """What to do about an argument that was not given; our own errors say it themselves."""
    if not isinstance(error, cyclopts.MissingArgumentError) or error.argument is None:
        return ""
    option = error.keyword or error.argument.name
    value = error.argument.name.lstrip("-").upper()
    alone = error.keyword is None and error.argument.field_info.is_positional
    words = value if alone else f"{option} {value}"
    return f"Give {words}; unisono {command} --help says what it is."

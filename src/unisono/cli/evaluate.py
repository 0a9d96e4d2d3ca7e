"""``unisono evaluate MODEL DATASET``: the table a person can trust, beside the baselines."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from unisono.cli.options import Asked, Drawn, Json

__all__ = ["Evaluated", "run"]


@Parameter(name="*")
@dataclass(frozen=True)
class Evaluated:
    """What is evaluated, and how thoroughly.

    Parameters
    ----------
    part
        "test" (of the model's own split), "all", or "auto": test where the dataset is the
        model's own, else all.
    training
        The dataset it was trained on, where it has moved: baselines are fitted on it.
    timeline
        How many tested recordings the page plays, 0 to 3; they lie in it as numbers.
    thorough
        Also take Context-FID, predictive score and a probe of the latents (minutes).
    overwrite
        Replace a report that exists.
    """

    part: str = "auto"
    training: Path | None = None
    timeline: int = 3
    thorough: Annotated[bool, Parameter(negative="")] = False
    overwrite: Annotated[bool, Parameter(negative="")] = False


def run(
    model: Path,
    dataset: Path,
    *,
    out: Path = Path("report"),
    how: Evaluated | None = None,
    asked: Asked | None = None,
    drawn: Drawn | None = None,
    json_: Json = False,
) -> int:
    """Write report.html and report.json; a leak fails the report (exit 2).

    Parameters
    ----------
    model
        A sealed model's folder.
    dataset
        The dataset it was trained on (its test part is used), or another one.
    out
        Folder of the report.
    json_
        Print report.json too.
    """
    from unisono import api

    sampling = (drawn or Drawn()).options()
    said = how or Evaluated()
    api.check_no_report(out, overwrite=said.overwrite)
    options = api.Evaluation(
        part=said.part,
        training=said.training,
        sampling=sampling,
        timeline=said.timeline,
        thorough=said.thorough,
    )
    loaded = api.load_model(model)
    if asked is not None and (asked.given or asked.want):
        loaded = loaded.asking(asked.given, asked.want)
    report = api.evaluate(loaded, dataset, out=out, options=options, overwrite=said.overwrite)
    print(json.dumps(report.content) if json_ else report.table())
    if not json_:
        print(f"wrote {report.page}")
    leaks = len(report.content["leaks"])
    if leaks:
        count = "1 leak" if leaks == 1 else f"{leaks} leaks"
        print(f"unisono evaluate: the report fails: {count}, see {report.page}.", file=sys.stderr)
    return 2 if leaks else 0

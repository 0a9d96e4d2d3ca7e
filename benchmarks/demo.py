"""The demo from a fresh clone: how long it takes with all set-up, and whether it keeps its word."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from _record import figure, record

REPOSITORY = Path(__file__).parents[1]
CLAIM = (
    "`make demo` from a fresh clone on 2 cores, set-up included, takes under 12 minutes; the model "
    "beats the mean curve, ridge, kNN and MLP on forces by a paired test over unseen subjects; its "
    "90 % bands cover 0.86 to 0.94 of their values."
)


def main() -> None:
    """Clone, run, read the report, record."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        begun = time.monotonic()
        subprocess.run(["make", "demo"], cwd=clone, check=True)
        seconds = time.monotonic() - begun
        report = json.loads((clone / "demo" / "report.json").read_text())
        moved = list((clone / "demo").glob("*.mot"))
    grf = report["targets"]["grf"]
    figures = [figure("minutes, set-up included", seconds / 60, "min")]
    for name, target in report["targets"].items():
        for method, row in target["methods"].items():
            e: dict[str, Any] = row["nrmse"]
            figures.append(
                figure(f"{name} nrmse {method}", e["mean"], "", low=e["low"], high=e["high"])
            )
        for level, covered in target["coverage"].items():
            figures.append(figure(f"{name} coverage of the {float(level):.0%} band", covered))
    own = grf["methods"]["llma"]["nrmse"]["mean"]
    others = [row["nrmse"]["mean"] for name, row in grf["methods"].items() if name != "llma"]
    for name, test in grf["tests"].items():
        figures.append(figure(f"grf p against {name}", test["p"]))
    better = all(t["difference"] < 0 and t["p"] < 0.05 for t in grf["tests"].values())
    holds = (
        seconds < 720
        and own < min(others)
        and better
        and 0.86 <= grf["coverage"]["0.9"] <= 0.94
        and len(moved) == 1
        and not report["leaks"]
    )
    record("demo", CLAIM, holds, figures, [0], seconds)


if __name__ == "__main__":
    main()

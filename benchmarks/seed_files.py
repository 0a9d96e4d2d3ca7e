"""Small valid files of the text and array formats, for the fuzzing of their readers.

Usage: ``python benchmarks/seed_files.py FOLDER`` writes them all.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from unisono.recordings.formats.arrays import write_npz
from unisono.recordings.schema import make_events, make_recording, make_stream

IK = """Coordinates
version=1
nRows=6
nColumns=5
inDegrees={degrees}

endheader
time\thip_flexion_r\tknee_angle_r\tpelvis_tx\tpelvis_ty
"""
GRF = """name forces.mot
datacolumns 10
datarows 6
range 0 0.05
endheader

 time\t ground_force_vx\t ground_force_vy\t ground_force_vz\t ground_force_px\t ground_force_py"""
HIERARCHY = """HIERARCHY
ROOT Hips
{
\tOFFSET 0 90 0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Knee
\t{
\t\tOFFSET 0 -45 1.5
\t\tCHANNELS 3 Yrotation Xrotation Zrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0 -40 0
\t\t}
\t}
}
MOTION
Frames: 6
Frame Time: 0.0333333
"""
ROWS = """rate_hz = 100
table = "people.csv"
subject = "Sub"
mass_kg = "Mass"
labels = ["Speed"]
[streams.grf]
file = "grf.csv"
channels = ["fx", "fz"]
unit = "BW"
kind = "force"
"""


def _rows(width: int, *, separator: str = "\t", rows: int = 6) -> str:
    """Rows of made numbers, the first column time at 100 Hz."""
    columns = np.arange(width)
    lines = [
        separator.join(f"{v:.6g}" for v in (row / 100, *np.sin(row + columns[1:]) * 50))
        for row in range(rows)
    ]
    return "\n".join(lines) + "\n"


def _write(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        paths.append(folder / name.replace("__", "."))
        paths[-1].write_text(text)
    return paths


def mot_seeds(folder: Path) -> list[Path]:
    """Angles in degrees and radians, and forces with the older header."""
    plate = GRF + "\t ground_force_pz\t ground_torque_x\t ground_torque_y\t ground_torque_z\n"
    return _write(
        folder,
        ik__mot=IK.format(degrees="yes") + _rows(5),
        ik_rad__mot=IK.format(degrees="no") + _rows(5),
        grf__mot=plate + _rows(10),
    )


def trc_seeds(folder: Path) -> list[Path]:
    """Two markers, one of them with a gap."""
    names = "LHEE\t\t\tRTOE\t\t\n\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n\n"
    head = (
        "PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
        "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n100\t100\t6\t2\tmm\t100\t1\t6\n"
        f"Frame#\tTime\t{names}"
    )
    lines = _rows(7).splitlines()
    lines[2] = "\t".join([*lines[2].split("\t")[:4], "", "", ""])
    body = "".join(f"{i + 1}\t{line}\n" for i, line in enumerate(lines))
    return _write(folder, a__trc=head + body)


def bvh_seeds(folder: Path) -> list[Path]:
    """Two joints with different orders of rotation."""
    return _write(folder, a__bvh=HIERARCHY + _rows(9, separator=" "))


def csv_seeds(folder: Path) -> list[Path]:
    """A comma, a tab and a semicolon with decimal comma."""
    comma = _rows(4, separator=";").replace(".", ",")
    return _write(
        folder,
        a__csv="time [s],Fx [N],grf/Fz [N],px (mm)\n" + _rows(4, separator=","),
        b__tsv="Time\tknee [deg]\tT [N*m]\tw\n" + _rows(4),
        c__csv='"time";"Fx [N]";"Fz [N]";"a ""b"""\n' + comma,
    )


VICON = """Model Outputs
100
,,Ann:LKneeAngles,,,Ann:LKneeMoment,,
Frame,Sub Frame,X,Y,Z,X,Y,Z
,,deg,deg,deg,N.mm/kg,N.mm/kg,N.mm/kg
2,0,1,2,3,4,5,6
3,0,1.5,,3,4,5,6

Devices
200
,,Plate #1 - Force,,,Plate #1 - CoP,,,EMG
Frame,Sub Frame,Fx,Fy,Fz,Cx,Cy,Cz,L_Tib
,,N,N,N,mm,mm,mm,V
2,0,1,2,700,3,4,0,0.1
2,1,1,2,10,3,4,0,0.2
3,0,1,2,0,0,0,0,0.3
3,1,1,2,0,0,0,0,0.4

Events
100
Subject,Context,Name,Time (s),Description
Ann,Left,Foot Strike,0.02,"heel, then toe"

Trajectories
100
,,Ann:LASI,,,Ann:RASI,,
Frame,Sub Frame,X,Y,Z,X,Y,Z
,,mm,mm,mm,mm,mm,mm
2,0,1,2,3,,,
3,0,1,2,3,0,0,0
"""


def vicon_seeds(folder: Path) -> list[Path]:
    """Four blocks, as exported and as a spreadsheet with decimal commas saves them."""
    saved = "sep=;\n" + VICON.replace('"heel, then toe"', "").replace(",", ";").replace(".", ",")
    return _write(folder, a__csv=VICON, b__csv=saved.replace("N,mm", "N.mm"))


def parquet_seeds(folder: Path) -> list[Path]:
    """Plain and packed columns."""
    import pandas as pd

    frame = pd.DataFrame({"time [s]": np.arange(60) / 100, "Fz [N]": np.sin(np.arange(60)), "n": 1})
    paths = [folder / f"{kind}.parquet" for kind in ("snappy", "gzip")]
    for path in paths:
        frame.to_parquet(path, compression=path.stem)  # type: ignore[call-overload]
    frame.astype("float32").to_parquet(folder / "plain.parquet", compression=None)
    return [*paths, folder / "plain.parquet"]


def npz_seeds(folder: Path) -> list[Path]:
    """Our own layout, and plain arrays packed and not."""
    time = np.arange(8) / 50
    grf = make_stream(np.ones((8, 2)), time=time, channels=["fx", "fz"], units="N", kind="force")
    events = make_events([0.1], ["foot_strike"], ["left"], "given")
    tree = make_recording({"grf": grf}, recording="a", subject="s", events=events, mass_kg=70.0)
    ours, packed, plain = (folder / f"{name}.npz" for name in ("ours", "packed", "plain"))
    write_npz(tree, ours)
    np.savez_compressed(packed, time=time, x=np.random.default_rng(0).normal(size=(8, 3)))
    np.savez(plain, t=time, angles=np.zeros((8, 3), np.float32))
    return [ours, packed, plain]


def npy_seeds(folder: Path) -> list[Path]:
    """Rows and columns first, double and single."""
    paths = [folder / "a.npy", folder / "b.npy"]
    np.save(paths[0], np.zeros((20, 3)))
    np.save(paths[1], np.asfortranarray(np.ones((20, 3), np.float32)))
    return paths


def read_npy_at_100_hz(path: Path) -> object:
    """The reader of NPY files with the rate that it must be told."""
    from unisono.recordings.formats.arrays import read_npy
    from unisono.recordings.formats.options import ReadOptions

    return read_npy(path, ReadOptions(rate_hz=100))


def mat_seeds(folder: Path) -> list[Path]:
    """Packed and plain, with text and a structure beside the numbers."""
    import scipy.io

    rng = np.random.default_rng(0)
    content = {"t": np.arange(9) / 10, "u": rng.normal(size=(4, 9)), "who": "a", "s": {"b": 1.0}}
    paths = [folder / "packed.mat", folder / "plain.mat"]
    scipy.io.savemat(paths[0], content, do_compression=True)
    scipy.io.savemat(paths[1], content | {"k": np.arange(18, dtype=np.int16).reshape(9, 2)})
    return paths


def rows_seeds(folder: Path) -> list[Path]:
    """The description is damaged, the tables beside it are whole."""
    _write(folder, people__csv="Sub,Mass,Speed\n1,70,2.5\n1,70,3\n2,60,3\n")
    matrix = _rows(8, separator=",", rows=3)
    _write(folder, grf__csv=matrix)
    return _write(folder, a__rows__toml=ROWS)


def any_seeds(folder: Path) -> list[Path]:
    """Files of every kind under a suffix that says nothing."""
    makers = (mot_seeds, trc_seeds, bvh_seeds, csv_seeds, npz_seeds, mat_seeds, parquet_seeds)
    paths = []
    for maker in makers:
        for path in maker(folder):
            paths.append(path.with_name(f"{path.name}.txt"))
            path.rename(paths[-1])
    return paths


SEEDS: dict[str, Callable[[Path], list[Path]]] = {
    "mot": mot_seeds,
    "trc": trc_seeds,
    "bvh": bvh_seeds,
    "csv": csv_seeds,
    "vicon": vicon_seeds,
    "parquet": parquet_seeds,
    "npz": npz_seeds,
    "npy": npy_seeds,
    "mat": mat_seeds,
    "rows": rows_seeds,
    "any": any_seeds,
}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for kind, maker in SEEDS.items():
        (target / kind).mkdir(parents=True, exist_ok=True)
        print(*maker(target / kind), sep="\n")

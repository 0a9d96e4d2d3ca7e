"""A studio among the hostile: what its own description allows, and ten thousand worse requests.

    python benchmarks/studio_hostile.py

First schemathesis asks what the OpenAPI description allows, and what it does not, of every
operation. Then raw requests over sockets: paths that try to escape (in URLs, names of files, of
datasets, of models, of results), bodies that are huge or say a wrong length, wrong types at every
depth, headers that are none, foreign hosts and origins, archives that try to escape, and clients
that stop in the middle or never go on. The limit of rate is lifted, so that what lies behind it is
met; a last round meets it. Beside the folder lies a file with a secret; its path is one too.

Goal: no answer of 500 or above, no secret in any answer, nothing written outside of the folder, the
server as responsive at the end as at the beginning.
"""

import hashlib
import io
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from _record import figure, record
from _studio_server import free_port, started

COUNT, CLIENTS, EXAMPLES, SEED = 10_000, 24, 25, 0
SECRET = "the-secret-that-lies-beside"
UP = ("..", "../..", "..%2f..", "%2e%2e/%2e%2e", "..\\..", "%252e%252e%252f", "/", "//", "....//",
      "\\\\host\\share", "C:/", "file:///", "%00", "~", ".studio", "./.studio/../..")  # fmt: skip
PATHS = ("/{}/beside.txt", "/api/files/{}/beside.txt", "/api/jobs/1/files/{}/beside.txt",
         "/api/model?name={}/beside.txt", "/api/recordings?dataset={}", "/studio.js/{}",
         "/api/jobs/{}/page", "/api/jobs/1/preview?step={}",
         "/api/word?model={}&word=*x*")  # fmt: skip
WORTHLESS = (None, True, -1, 1e308, 2**70, "", "x" * 5000, [], {}, [[[]]], {"a": {"b": [1]}},
             "../../beside.txt", "\u0000", "\ud800", "<script>alert(1)</script>",
             "'; drop table jobs; --")  # fmt: skip
KINDS = ("view", "import", "train", "generate", "translate", "evaluate", "map", "place", "walk",
         "edit", "speak", "learn", "verify", "describe", "__class__", "")  # fmt: skip
FIELDS = ("source", "name", "dataset", "given", "want", "models", "model", "files", "points", "by",
          "steps", "output", "path", "out", "recipe", "asked", "texts", "word", "clips",
          "beside")  # fmt: skip


def raw(method: str, path: str, body: bytes = b"", *, headers: str = "", host: str = "127.0.0.1",
        length: int | None = None) -> bytes:  # fmt: skip
    """A request as bytes, with whatever length it claims."""
    size = len(body) if length is None else length
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n"
        f"Connection: close\r\n{headers}\r\n"
    )
    return head.encode("latin-1", "replace") + body


def escapes(rng: random.Random) -> bytes:
    path = rng.choice(PATHS).format(rng.choice(UP) * rng.randint(1, 4))
    return raw(rng.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")), path)


def names(rng: random.Random) -> bytes:
    name = rng.choice(UP) + "/beside" + rng.choice((".csv", ".c3d", ".npz", ".rows.toml", ".pkl"))
    where = rng.choice(("/api/files", "/api/models"))
    return raw("POST", f"{where}?name={name}", rng.randbytes(rng.randint(0, 300)))


def types(rng: random.Random) -> bytes:
    asked = {field: rng.choice(WORTHLESS) for field in rng.sample(FIELDS, rng.randint(1, 8))}
    asked["kind"] = rng.choice((*KINDS, *WORTHLESS))
    body = json.dumps(asked).encode()
    json_type = "Content-Type: application/json\r\n"
    where = rng.choice(("/api/jobs", "/api/jobs", "/api/files/0123456789abcdef/answers"))
    return raw("PUT" if "files" in where else "POST", where, body, headers=json_type)


def bodies(rng: random.Random) -> bytes:
    json_type = "Content-Type: application/json\r\n"
    size = rng.choice((10**7, 10**9, 2 * 10**9, 2**63, 10**30))
    if rng.random() < 0.5:  # it says that it is huge
        where = rng.choice(("/api/jobs", "/api/files?name=x.csv", "/api/session"))
        return raw("POST", where, b"x" * 1000, headers=json_type, length=size)
    deep = rng.choice((b"[" * 100_000, b'{"a":' * 50_000, b"\xff" * 5000, b"9" * 100_000))
    return raw("POST", "/api/jobs", deep, headers=json_type)


def headers(rng: random.Random) -> bytes:
    line = rng.choice((
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: x\r\n",
        "Cookie: unisono_studio=\xff\r\n", "Authorization: Bearer \r\n",
        "X: " + "y" * 70_000 + "\r\n", "Range: bytes=-1\r\n",
        "Content-Type: multipart/form-data; boundary=\r\n", "Expect: 100-continue\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n", ": \r\n", "Host: twice\r\n",
    ))  # fmt: skip
    return raw(rng.choice(("GET", "POST")), rng.choice(("/", "/api/jobs", "/api/about")),
               headers=line)  # fmt: skip


def foreign(rng: random.Random) -> bytes:
    body = b'{"kind": "view", "source": {}}'
    if rng.random() < 0.5:
        return raw("GET", "/api/jobs", host=rng.choice(("evil.example", "127.0.0.1.evil.example")))
    origin = rng.choice(("http://evil.example", "null", "http://127.0.0.1:1"))
    return raw("POST", "/api/jobs", body, headers=f"Origin: {origin}\r\n")


def archives(rng: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("model.toml", "seal.json", "card.md", "model.safetensors"):
            archive.writestr(
                rng.choice(("", "../../", "/tmp/")) + name, b"0" * rng.choice((9, 10**6))
            )
    return raw("POST", f"/api/models?name=m{rng.randrange(10**9)}", packed.getvalue())


def noise(rng: random.Random) -> bytes:
    return (
        rng.choice((b"", b"GET ", b"\x16\x03\x01"))
        + rng.randbytes(rng.randint(1, 400))
        + b"\r\n\r\n"
    )


MAKERS = (escapes, escapes, names, types, types, bodies, headers, foreign, noise)


CUT = b"left"
"""In place of the answer that a client did not wait for."""


def talk(port: int, request: bytes, *, cut: bool = False) -> bytes:
    """Send and read all that comes back; cut, the client leaves in the middle."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), 60) as sock:
        try:
            sock.sendall(request[: len(request) // 2] if cut else request)
            while not cut:
                piece = sock.recv(65536)
                if not piece:
                    return found
                found += piece
        except OSError:
            return found  # it was refused before all of it was sent
    return CUT


def slow(port: int) -> list[bytes]:
    """Clients that send a byte of a body, or half a head, and wait until the server has enough."""
    socks = [socket.create_connection(("127.0.0.1", port), 120) for _ in range(200)]
    for k, sock in enumerate(socks):
        whole = raw("POST", "/api/files?name=x.csv", b"x", length=1000)
        sock.sendall(whole if k % 2 else whole[:30])
    answers = []
    for sock in socks:
        answers.append(sock.recv(65536))
        sock.close()
    return answers


def status_of(answer: bytes) -> int:
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def tree_of(folder: Path) -> str:
    """Digest of all that lies beside the working folder."""
    found = hashlib.sha256()
    for file in sorted(p for p in folder.rglob("*") if "lab" not in p.relative_to(folder).parts):
        found.update(str(file).encode() + (file.read_bytes() if file.is_file() else b""))
    return found.hexdigest()


def described(port: int) -> tuple[int, str]:
    """What schemathesis finds: the status of its run, and the end of what it says."""
    tool = Path(sys.executable).with_name("st")
    command = [
        str(tool), "run", f"http://127.0.0.1:{port}/api/openapi.json", "--checks",
        "not_a_server_error", "--exclude-path", "/api/events", "--max-examples", str(EXAMPLES),
        "--seed", str(SEED), "--generation-database", "none", "--request-timeout", "60",
        "--suppress-health-check", "all",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:  # it leaves a folder where it runs
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
    return done.returncode, done.stdout[-3000:]


def attacks(port: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Answers of all requests, with who made them; many clients at once, some of them slow."""

    def one(asked: tuple[str, bytes, bool]) -> tuple[str, bytes]:
        return asked[0], talk(port, asked[1], cut=asked[2])

    def all_of_them() -> Iterator[tuple[str, bytes, bool]]:
        for k in range(COUNT):
            maker = archives if k % 200 == 0 else rng.choice(MAKERS)
            yield maker.__name__, maker(rng), rng.random() < 0.05

    with ThreadPoolExecutor(CLIENTS) as pool:
        yield from pool.map(one, all_of_them())


def told_to_wait(folder: Path, port: int) -> int:
    """How many of 1500 requests a server with a limit of rate tells to wait."""
    strict = started(folder, port, rate=5.0)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            codes = pool.map(lambda _: status_of(talk(port, raw("GET", "/api/about"))), range(1500))
            return sum(code == 429 for code in codes)
    finally:
        strict.terminate()
        strict.wait()


def main() -> None:
    begun, rng = time.perf_counter(), random.Random(SEED)
    with tempfile.TemporaryDirectory() as place:
        beside, port = Path(place), free_port()
        (beside / "beside.txt").write_text(SECRET)
        folder = beside / "lab"
        folder.mkdir()
        before = tree_of(beside)
        server = started(folder, port)
        try:
            code, said = described(port)
            print(said)
            found: Counter[int] = Counter()
            silent: Counter[str] = Counter()
            leaks = cut = 0
            secrets = (SECRET.encode(), str(beside).encode(), b"Traceback", b"root:x:0")
            heard = [*attacks(port, rng), *(("slow", answer) for answer in slow(port))]
            for maker, answer in heard:
                cut += answer == CUT
                if answer == CUT:
                    continue
                status = status_of(answer)
                found[status] += 1
                silent[maker] += status == 0
                leaks += any(secret in answer for secret in secrets)
            print(f"closed without an answer: {dict(silent)}; by status: {dict(found)}")
            times = []
            for _ in range(50):
                asked = time.perf_counter()
                httpx.get(f"http://127.0.0.1:{port}/api/about", timeout=30).raise_for_status()
                times.append(time.perf_counter() - asked)
        finally:
            server.terminate()
            server.wait()
        outside = float(tree_of(beside) != before)
        limited = told_to_wait(folder, port)
    failing = sum(count for status, count in found.items() if status >= 500)
    accepted = found[200] + found[201] + found[202] + found[204]
    record(
        "studio_hostile",
        "Schemathesis over the OpenAPI description and 10,000 hostile requests: no answer of 500 "
        "or above, no secret in any answer, nothing written outside of the folder.",
        code == 0
        and not failing
        and not leaks
        and not outside
        and limited > 0
        and found[0] < 0.2 * len(heard),
        [
            figure("schemathesis found", float(code != 0)),
            figure("hostile requests", len(heard)),
            figure("answers of 500 or above", failing),
            figure("answers with a secret", leaks),
            figure("changes outside of the folder", outside),
            figure("answers of 200 to 299", accepted),
            figure("answers of 400 to 499", sum(n for s, n in found.items() if 400 <= s < 500)),
            figure("clients that left in the middle", cut),
            figure("connections closed without an answer", found[0]),
            figure("answer at the end, slowest of 50", max(times), "s"),
            figure("requests of 1500 at once that were told to wait", limited),
        ],
        [SEED],
        time.perf_counter() - begun,
    )


if __name__ == "__main__":
    main()

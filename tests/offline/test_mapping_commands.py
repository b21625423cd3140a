"""`mapping check` and `mapping try`: what the author of a mapping file sees."""

import io
import json
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.mapping.mapping_file import read_mapping
from service.offline.mapping_check import check
from service.offline.mapping_try import try_body
from tests.mapping.desks import DESKS, ROOT, good, history

RFC_3339 = "a date and time such as 2026-03-02T09:00:00+08:00"
FILE = """mapping: small
source: /small
ticket: t
deliveries:
  - rule: gone
    when: {kind: gone}
    event: closed
    id: "{t}/gone"
    time: at
  - rule: answered
    when: {kind: answered}
    event: response_started
    id: "{t}/answered"
    time: at
    data: {agent_id: {read: who.nmae}, by: {read: by, values: {a: agent}, unknown: ignore}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    directory = tmp_path / "samples"
    directory.mkdir()
    return directory


def sample(directory: Path, name: str, **body: object) -> Path:
    path = directory / name
    said = {"t": "T-1", "kind": "answered", "at": "2026-03-02T09:00:00Z", **body}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def examine(path: Path, directory: Path | None = None) -> tuple[int, list[str], str]:
    out, err = io.StringIO(), io.StringIO()
    code = check(path, directory, stdin=io.BytesIO(), out=out, err=err)
    return code, out.getvalue().splitlines()[1:], err.getvalue()


def test_a_file_without_samples_is_only_read(file: Path) -> None:
    assert examine(file) == (0, ["no problem"], "")


def test_every_problem_is_printed_with_its_line(file: Path) -> None:
    file.write_text(FILE.replace("{t}/gone", "gone").replace("time: at", "tim: at", 1), encoding="utf-8")
    code, out, err = examine(file)
    assert code == 2
    assert out == []
    assert [line.partition(": ")[0] for line in err.splitlines()] == [f"{file}:{n}" for n in (5, 8, 9)]


def test_samples_show_what_each_gives_and_what_never_gave_anything(file: Path, samples: Path) -> None:
    sample(samples, "1.json", by="a", who={"name": "x"})
    sample(samples, "2.json", by="b")
    sample(samples, "3.json", kind="else")
    sample(samples, "4.json", at="soon")
    code, out, err = examine(file, samples)
    assert code == 1
    assert err == ""
    assert out == [
        "  1.json: response_started",
        "  2.json: response_started",
        "  2.json: rule answered: data.by: its table does not list the text, so it is left out: “b”",
        "  3.json: irrelevant",
        f"  4.json: cannot be mapped: rule answered: time: is not {RFC_3339}: “soon”",
        f"{file}:5: rule gone: no sample made it give an event",
        f"{file}:15: deliveries[1].data.agent_id.read: “who.nmae” was never anything but null",
    ]


def test_samples_that_show_everything_are_no_finding(file: Path, samples: Path) -> None:
    sample(samples, "1.json", by="a", who={"nmae": "x"})
    sample(samples, "2.json", kind="gone")
    code, out, _ = examine(file, samples)
    assert code == 0
    assert out[-1] == "no problem: every rule gave an event, every expression a value"


def test_headers_stand_beside_a_sample(file: Path, samples: Path) -> None:
    file.write_text(FILE.replace("kind: gone", "delivery.header.x_kind: gone"), encoding="utf-8")
    sample(samples, "1.json", kind="else")
    assert examine(file, samples)[1][0] == "  1.json: irrelevant"
    (samples / "1.headers").write_text("X-Kind: gone\n", encoding="utf-8")
    assert examine(file, samples)[1][0] == "  1.json: closed"


@pytest.mark.parametrize("desk", DESKS)
def test_our_mappings_read_every_field_that_the_samples_have(desk: str, samples: Path) -> None:
    for number, delivery in enumerate(good(desk)):
        (samples / f"{number}.json").write_text(json.dumps(delivery.body), encoding="utf-8")
        lines = "".join(f"{name}: {value}\n" for name, value in delivery.headers.items())
        (samples / f"{number}.headers").write_text(lines, encoding="utf-8")
    (samples / "history.json").write_text(json.dumps(history(desk)), encoding="utf-8")
    code, out, _ = examine(ROOT / "mappings" / f"{desk}.yaml", samples)
    # The sample of Zammad's history has no change of the category.
    findings = [line for line in out if not line.startswith("  ")]
    assert len(findings) == 1
    assert code == 0 or "attribute=='complaint_category'" in findings[0]


def test_a_directory_without_samples_is_refused(file: Path, samples: Path) -> None:
    with pytest.raises(RefusalError, match="has no"):
        examine(file, samples)


ROWS = """\
rows:
  columns: {t: T, at: A}
  ticket: t
  rules: [{event: closed, id: "{t}", time: at}]
"""


def attempt(file: Path, body: str, **more: object) -> tuple[int, list[str], str]:
    out, err = io.StringIO(), io.StringIO()
    given = {
        "headers": None,
        "endpoint": "",
        "history": False,
        "stdin": io.BytesIO(b'{"kind": "gone"}'),
        **more,
    }
    code = try_body(read_mapping(file), body, out=out, err=err, **given)  # type: ignore[arg-type]
    return code, out.getvalue().splitlines(), err.getvalue()


def test_try_prints_events_and_what_was_dropped_with_its_text(file: Path, tmp_path: Path) -> None:
    body = sample(tmp_path, "1.json", by="b\u202e", who={"nmae": "very long"})
    code, out, err = attempt(file, str(body))
    assert code == 0
    assert [json.loads(line)["data"] for line in out] == [{"agent_id": "very_long"}]
    assert err == (
        "rule answered: data.agent_id: was made fit: “very long”\n"
        "rule answered: data.by: its table does not list the text, so it is left out: “b<U+202E>”\n"
    )


@pytest.mark.parametrize(("history", "lacks"), [(True, "history"), (False, "deliveries")])
def test_try_says_when_the_mapping_has_nothing_that_could_read_the_body(
    tmp_path: Path, *, history: bool, lacks: str
) -> None:
    file = tmp_path / "bare.yaml"
    file.write_text("mapping: bare\nsource: /bare\n" + ("ticket: t\n" if history else ROWS), encoding="utf-8")
    if history:
        rule = "deliveries:\n  - {event: closed, id: '{t}', time: at}\n"
        file.write_text(file.read_text(encoding="utf-8") + rule, encoding="utf-8")
    code, out, err = attempt(file, str(sample(tmp_path, "1.json")), history=history)
    assert (code, out, err) == (1, [], f"the mapping has no {lacks}: nothing can read this body\n")


def test_try_says_what_is_irrelevant_and_what_cannot_be_mapped(file: Path, tmp_path: Path) -> None:
    code, out, err = attempt(file, str(sample(tmp_path, "1.json", kind="else")))
    assert (code, out) == (0, [])
    assert "no rule fits" in err
    code, out, err = attempt(file, "-")
    assert (code, out) == (1, [])
    assert err == "cannot be mapped: rule gone: time: is missing\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"{", "is not JSON"), (b"\xff", "is not JSON"), (b"[" * 70 + b"]" * 70, "more than 64 deep")],
)
def test_try_refuses_what_is_no_json(file: Path, raw: bytes, reason: str) -> None:
    with pytest.raises(RefusalError, match=reason):
        attempt(file, "-", stdin=io.BytesIO(raw))


def test_try_reads_a_history(tmp_path: Path) -> None:
    document = tmp_path / "h.json"
    document.write_text(json.dumps(history("jira")), encoding="utf-8")
    code, out, err = attempt(ROOT / "mappings" / "jira.yaml", str(document), history=True)
    assert (code, len(out), err) == (0, 10, "")


def test_a_line_that_is_no_header_is_refused(file: Path, tmp_path: Path) -> None:
    headers = tmp_path / "h"
    headers.write_text("X-Kind: gone\nnothing\n", encoding="utf-8")
    with pytest.raises(RefusalError, match=":2: is no header"):
        attempt(file, "-", headers=headers)

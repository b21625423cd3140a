"""The configuration: what it may say, and the line that says what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import RefusalError
from service.gateway.gateway_file import read_sources
from service.gateway.signature import SharedToken, SignatureScheme, SignedTime
from tests.gateway.configured import DESKS, ZAMMAD, write
from tests.gateway.schemes import (
    BASIC,
    CHATWOOT,
    FRAPPE,
    FRESHDESK,
    GITLAB_TOKEN,
    GLPI,
    JIRA,
    STANDARD,
    ZENDESK,
)
from tests.gateway.schemes import ZAMMAD as ZAMMADS

SIGNATURE = "header: X, algorithm: sha256, encoding: hex, signed: [body]"


def refused(path: Path, *, open_to_others: bool = False) -> list[str]:
    with pytest.raises(RefusalError) as error:
        read_sources(path, open_to_others=open_to_others)
    return [line.replace(f"{path}", "FILE") for line in str(error.value).splitlines()]


def test_the_products_are_read_as_they_sign(tmp_path: Path) -> None:
    found = read_sources(write(tmp_path), open_to_others=True)
    assert {name: one.proof for name, one in found.items()} == {
        "zammad": ZAMMADS.proof,
        "jira": JIRA.proof,
        "zendesk": ZENDESK.proof,
        "gitlab": STANDARD.proof,
        "gitlab-token": GITLAB_TOKEN.proof,
        "chatwoot": CHATWOOT.proof,
        "glpi-ticket": GLPI.proof,
        "glpi-other": GLPI.proof,
        "servicenow": BASIC.proof,
        "freshdesk": FRESHDESK.proof,
        "frappe": FRAPPE.proof,
        "generic": STANDARD.proof,
    }
    assert found["zammad"].keys() == [b"made-up-zammad"]
    assert (found["zammad"].tenant, found["zammad"].limit) == ("default", 1_048_576)
    assert found["zammad"].mapping.name == "zammad"


def test_every_field_is_read(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("whsec_a2V5")
    (tmp_path / "new").write_text("bmV3")
    fields = """\
    mapping: {mappings}/zammad.yaml
    tenant: acme
    signature:
      header: webhook-signature
      algorithm: sha512
      encoding: base64
      prefix: "v1,"
      separator: " "
      signed: ["header:webhook-id", ".", "header:webhook-timestamp", ".", body]
      timestamp: {{header: webhook-timestamp, format: unix, tolerance: 90s}}
      secret_encoding: base64
    secrets: [old, new]
    limit: 25MiB
    quiet_after: 72h
    delivery_id: X-My-Delivery
    """
    source = read_sources(write(tmp_path, {"desk": fields}), open_to_others=True)["desk"]
    assert source.proof == SignatureScheme(
        "webhook-signature",
        "sha512",
        "base64",
        "v1,",
        " ",
        ("header:webhook-id", ".", "header:webhook-timestamp", ".", "body"),
        SignedTime("webhook-timestamp", "unix", 90_000),
        "base64",
    )
    assert source.keys() == [b"key", b"new"]
    assert (source.tenant, source.limit, source.quiet_after) == ("acme", 25 * 2**20, 72 * 3_600_000)
    assert source.delivery_ids == ("x-my-delivery",)


def test_a_token_is_read(tmp_path: Path) -> None:
    token = 'token: {{header: Authorization, prefix: "Basic ", encoding: base64}}\n'
    path = write(tmp_path, {"desk": "mapping: {mappings}/jira.yaml\n" + token + "secrets: jira.secret\n"})
    source = read_sources(path, open_to_others=True)["desk"]
    assert source.proof == SharedToken("Authorization", "Basic ", "base64")


def test_a_directory_is_all_its_files(tmp_path: Path) -> None:
    write(tmp_path, {"one": ZAMMAD}, "a.yaml")
    write(tmp_path, {"two": ZAMMAD}, "b.yml")
    (tmp_path / ".hidden.yaml").write_text("!")
    assert list(read_sources(tmp_path, open_to_others=True)) == ["one", "two"]


def test_two_sources_with_one_endpoint_are_refused(tmp_path: Path) -> None:
    first, second = write(tmp_path, {"desk": ZAMMAD}, "a.yaml"), write(tmp_path, {"desk": ZAMMAD}, "b.yaml")
    assert refused(tmp_path) == [
        f"FILE/{second.name}:2: sources.desk: is already in {first}:2; each endpoint has one source".replace(
            str(tmp_path), "FILE"
        )
    ]
    one = tmp_path / "twice.yaml"
    one.write_text(write(tmp_path, {"desk": ZAMMAD}).read_text() + "  desk: {}\n")
    assert refused(one) == ["FILE:6: desk: is given twice, first on line 2"]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ("tenant: acme\n", ["FILE:2: sources.desk.mapping: is missing"]),
        (
            "mapping: {mappings}/zammad.yaml\ntenat: acme\n",
            ["FILE:4: sources.desk.tenat: no such field; did"],
        ),
        (
            ZAMMAD.replace("{mappings}/zammad.yaml", "zamad.yaml"),
            ["FILE:3: sources.desk.mapping: “zamad.yaml” cannot be read: No such file"],
        ),
        ("mapping: {mappings}/zammad.yaml\ntenant: a b\n", ["FILE:4: sources.desk.tenant: “a b” must have"]),
        (ZAMMAD + "limit: 1MB\n", ["FILE:6: sources.desk.limit: “1MB” is no size such as 512KiB or 1MiB"]),
        (ZAMMAD + "limit: 0B\n", ["FILE:6: sources.desk.limit: “0B” is no size"]),
        (ZAMMAD + "limit: 33MiB\n", ["FILE:6: sources.desk.limit: “33MiB” is more than 32MiB"]),
        (ZAMMAD + "quiet_after: 0s\n", ["FILE:6: sources.desk.quiet_after: “0s” must be longer than 0s"]),
        (ZAMMAD + "quiet_after: 1d\n", ["FILE:6: sources.desk.quiet_after: “1d”"]),
        (ZAMMAD + "delivery_id: a b\n", ["FILE:6: sources.desk.delivery_id: “a b” is no name of a header"]),
        (ZAMMAD + "token: {{header: X}}\n", ["FILE:6: sources.desk.token: stands beside signature"]),
        (
            f"mapping: {{mappings}}/zammad.yaml\nsignature: {{{{{SIGNATURE}}}}}\n",
            ["FILE:2: sources.desk: has no secrets; name the file of its secret"],
        ),
        (
            "mapping: {mappings}/zammad.yaml\nsecrets: zammad.secret\n",
            ["FILE:4: sources.desk.secrets: stands without signature or token"],
        ),
        (
            ZAMMAD.replace("[zammad.secret]", "[zammad.secret, jira.secret, chatwoot.secret]"),
            ["FILE:5: sources.desk.secrets: names more than 2 files"],
        ),
        (
            ZAMMAD.replace("[zammad.secret]", "[]"),
            ["FILE:5: sources.desk.secrets: must not be an empty list"],
        ),
        (
            ZAMMAD.replace("zammad.secret", "missing.secret"),
            ["FILE:5: sources.desk.secrets[0]: secret DIR/missing.secret: cannot be read: No such file"],
        ),
        (
            ZAMMAD.replace("sha1,", "md5,"),
            ["FILE:4: sources.desk.signature.algorithm: “md5” is no algorithm"],
        ),
        (ZAMMAD.replace("hex", "hexa"), ["FILE:4: sources.desk.signature.encoding: “hexa” is no encoding"]),
        (ZAMMAD.replace("[body]", "[bodi]"), ["FILE:4: sources.desk.signature.signed: must have body once"]),
        (ZAMMAD.replace("[body]", "[body, body]"), ["FILE:4: sources.desk.signature.signed: must have body"]),
        (
            ZAMMAD.replace("[body]", '[body, "header:a b"]'),
            ["FILE:4: sources.desk.signature.signed[1]: must be header:NAME"],
        ),
        (
            ZAMMAD.replace("X-Hub-Signature", "X Hub"),
            ["FILE:4: sources.desk.signature.header: “X Hub” is no"],
        ),
        (
            ZAMMAD.replace("[body]", "[body], timestamp: {{header: X-Time, format: unix}}"),
            ["FILE:4: sources.desk.signature.signed: must have header:X-Time, or the time stamp"],
        ),
        (
            ZAMMAD.replace("[body]", '[body, "header:X-Time"], timestamp: {{header: X-Time, format: date}}'),
            ["FILE:4: sources.desk.signature.timestamp.format: “date” is no format of a time stamp"],
        ),
        (
            ZAMMAD.replace(
                "[body]", '[body, "header:T"], timestamp: {{header: T, format: unix, tolerance: 0s}}'
            ),
            ["FILE:4: sources.desk.signature.timestamp.tolerance: “0s” must be longer than 0s"],
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_line_field_and_reason(
    tmp_path: Path, fields: str, lines: list[str]
) -> None:
    told = [line.replace(str(tmp_path), "DIR") for line in refused(write(tmp_path, {"desk": fields}))]
    assert len(told) == len(lines)
    for line, begins in zip(told, lines, strict=True):
        assert line.startswith(begins)


@pytest.mark.parametrize("endpoint", ["Desk", "a/b", '""', "-a", "网", "a" * 65])
def test_what_is_no_path_segment_is_no_endpoint(tmp_path: Path, endpoint: str) -> None:
    (line,) = refused(write(tmp_path, {endpoint: ZAMMAD}))
    assert "is no endpoint" in line


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"one": "tenant: a\n", "two": ZAMMAD + "limit: 1\n"}, "a.yaml")
    (tmp_path / "b.yaml").write_text("sources: {")
    (tmp_path / "c.yaml").write_text("sources: {}\n")
    assert len(refused(tmp_path)) == 4


def test_what_is_wrong_with_a_mapping_is_told_with_its_own_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("mapping: 1\nsource: /desk\nticke: t\nhistry: h\n")
    told = refused(write(tmp_path, {"desk": "mapping: desk.yaml\n"}))
    assert {"ticke", "histry"} <= {line.split(": ")[1] for line in told}
    assert all(line.startswith(str(tmp_path / "desk.yaml")) for line in told)


@pytest.mark.parametrize("content", ["", "[]", "sources:", "sources: []", "sources: {}", "sources: {a: 1}"])
def test_a_file_without_sources_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(content)
    assert refused(path)


def test_a_path_to_nothing_and_an_empty_directory_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml") == ["FILE: cannot be read: No such file or directory"]
    assert refused(tmp_path) == ["FILE: has no file of sources (*.yaml)"]


@pytest.mark.parametrize(("open_to_others", "fits"), [(False, True), (True, False)])
def test_07_off_loopback_every_source_has_a_secret(tmp_path: Path, open_to_others: bool, fits: bool) -> None:
    path = write(tmp_path, DESKS | {"bare": "mapping: {mappings}/zammad.yaml\n"})
    if fits:
        assert read_sources(path, open_to_others=open_to_others)["bare"].proof is None
    else:
        (line,) = refused(path, open_to_others=open_to_others)
        assert "sources.bare: has no signature or token with its secrets, and the gateway can" in line


def test_mappings_alone_are_read_where_the_secrets_are_not(tmp_path: Path) -> None:
    path = write(tmp_path)
    for secret in tmp_path.glob("*.secret"):
        secret.unlink()
    assert read_sources(path, open_to_others=False, with_secrets=False).keys() == DESKS.keys()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    assert all(refused(path))

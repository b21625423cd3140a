"""A signature is verified over the bytes that came; what nobody with the secret has signed is refused."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.gateway.headers import header_lines, plain_headers
from service.gateway.signature import Unauthorised, answer_to_challenge, key_of, verify
from tests.gateway.schemes import GLPI, MINUTE, SCHEMES, SIGNED, STAMPED, STANDARD, Scheme, raw, sent_headers

BODY = '{"ticket": {"id": 1, "title": "网速"}}'.encode()
NOW = 1_772_000_000_000

each = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
each_signed = pytest.mark.parametrize("scheme", SIGNED.values(), ids=SIGNED)
each_stamped = pytest.mark.parametrize("scheme", STAMPED.values(), ids=STAMPED)


def verdict(
    scheme: Scheme,
    headers: dict[str, str],
    body: bytes = BODY,
    keys: tuple[bytes, ...] = (),
    now: int = NOW,
) -> Unauthorised | None:
    return verify(scheme.proof, keys or (scheme.by,), header_lines(raw(headers)), body, now)


@each
def test_01_what_the_product_sends_is_verified(scheme: Scheme) -> None:
    assert verdict(scheme, sent_headers(scheme, BODY, NOW)) is None


@each
def test_01_another_secret_proves_nothing(scheme: Scheme) -> None:
    headers = sent_headers(scheme, BODY, NOW, key=b"another secret")
    assert verdict(scheme, headers) is Unauthorised.BAD_PROOF


@each
def test_01_without_its_header_nothing_is_proved(scheme: Scheme) -> None:
    headers = sent_headers(scheme, BODY, NOW)
    headers.pop(scheme.proof.header)
    assert verdict(scheme, headers) is Unauthorised.NO_PROOF


@each_signed
def test_01_the_bytes_are_signed_and_not_what_they_mean(scheme: Scheme) -> None:
    headers = sent_headers(scheme, BODY, NOW)
    same = BODY.replace(b'": ', b'":')
    assert verdict(scheme, headers, same) is Unauthorised.BAD_PROOF
    assert verdict(scheme, headers, BODY + b"\n") is Unauthorised.BAD_PROOF


@each
def test_01_a_proof_that_came_twice_proves_nothing(scheme: Scheme) -> None:
    lines = raw(sent_headers(scheme, BODY, NOW))
    twice = [*lines, (scheme.proof.header.lower().encode(), b"x")]
    assert verify(scheme.proof, [scheme.by], header_lines(twice), BODY, NOW) is Unauthorised.BAD_PROOF


@each
@pytest.mark.parametrize("said", ["", " ", "sha1=", "v1,", "=", "\xff", "a" * 60_000])
def test_01_any_text_in_its_place_is_refused(scheme: Scheme, said: str) -> None:
    headers = sent_headers(scheme, BODY, NOW) | {scheme.proof.header: said}
    assert verdict(scheme, headers) is Unauthorised.BAD_PROOF


@each_signed
def test_01_a_header_that_is_signed_and_did_not_come_proves_nothing(scheme: Scheme) -> None:
    for part in scheme.proof.signed:
        if part.startswith("header:"):
            headers = sent_headers(scheme, BODY, NOW)
            headers.pop(part.removeprefix("header:"))
            assert verdict(scheme, headers) is Unauthorised.NO_TIMESTAMP


def test_01_hex_may_have_capitals_and_base64_may_not() -> None:
    for scheme in SIGNED.values():
        headers = sent_headers(scheme, BODY, NOW)
        headers[scheme.proof.header] = headers[scheme.proof.header].upper()
        fits = scheme.proof.encoding == "hex"
        assert (verdict(scheme, headers) is None) == fits


@each_stamped
@pytest.mark.parametrize(
    ("age", "fits"),
    [
        (5 * MINUTE - 1_000, True),
        (5 * MINUTE, True),
        (5 * MINUTE + 1_000, False),
        (-5 * MINUTE, True),  # the product's clock is ahead
        (-5 * MINUTE - 1_000, False),
    ],
)
def test_02_a_time_stamp_is_good_for_the_tolerance(scheme: Scheme, age: int, fits: bool) -> None:
    found = verdict(scheme, sent_headers(scheme, BODY, NOW - age))
    assert found is (None if fits else Unauthorised.STALE)


def test_02_to_the_millisecond() -> None:
    headers = sent_headers(STANDARD, BODY, NOW)
    for late, why in ((-1, None), (0, None), (1, Unauthorised.STALE)):
        assert verdict(STANDARD, headers, now=NOW + 5 * MINUTE + late) is why


def test_02_without_a_window_what_was_held_up_for_days_is_taken() -> None:
    assert verdict(GLPI, sent_headers(GLPI, BODY, NOW - 9 * 86_400_000)) is None


@each_stamped
@pytest.mark.parametrize("said", ["", "soon", "-1", "1e9", "１７７２", "9" * 400, "2026-03-02T01:00:00"])
def test_02_what_is_no_time_stamp_proves_nothing(scheme: Scheme, said: str) -> None:
    stamp = scheme.proof.timestamp
    headers = sent_headers(scheme, BODY, NOW)
    text = said.encode("utf-8").decode("latin-1")
    # Signed rightly, so that only the time stamp is wrong.
    forged = _signed_with_stamp(scheme, headers, stamp.header, text)
    assert verdict(scheme, forged) is Unauthorised.NO_TIMESTAMP


def _signed_with_stamp(scheme: Scheme, headers: dict[str, str], name: str, text: str) -> dict[str, str]:
    headers = headers | {name: text}
    parts = {
        part: BODY if part == "body" else headers[part.partition(":")[2]].encode("latin-1")
        for part in scheme.proof.signed
        if part == "body" or part.startswith("header:")
    }
    signed = b"".join(parts.get(part, part.encode()) for part in scheme.proof.signed)
    mac = hmac.digest(scheme.by, signed, scheme.proof.algorithm)
    said = mac.hex() if scheme.proof.encoding == "hex" else base64.b64encode(mac).decode()
    return headers | {scheme.proof.header: scheme.proof.prefix + said}


@each
def test_03_two_secrets_are_valid_at_once_and_a_third_is_not(scheme: Scheme) -> None:
    keys = (b"the old one", b"the new one")
    for key in keys:
        assert verdict(scheme, sent_headers(scheme, BODY, NOW, key), keys=keys) is None
    assert verdict(scheme, sent_headers(scheme, BODY, NOW), keys=keys) is Unauthorised.BAD_PROOF


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["{good}"], None),
        (["v1,AAAA", "{good}"], None),
        (["{good}", "v1,AAAA"], None),
        (["v1a,AAAA", "v2,BBBB", "{good}"], None),
        (["v1,AAAA", "v1,BBBB"], Unauthorised.BAD_PROOF),
        (["", ""], Unauthorised.BAD_PROOF),
    ],
)
def test_03_one_of_several_signatures_of_standard_webhooks_is_enough(
    texts: list[str], why: Unauthorised | None
) -> None:
    headers = sent_headers(STANDARD, BODY, NOW)
    good = headers["webhook-signature"]
    headers["webhook-signature"] = " ".join(text.replace("{good}", good) for text in texts)
    assert verdict(STANDARD, headers) is why


def test_03_a_signature_of_another_version_is_none_of_ours() -> None:
    headers = sent_headers(STANDARD, BODY, NOW)
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v1a,")
    assert verdict(STANDARD, headers) is Unauthorised.BAD_PROOF


@pytest.mark.parametrize(
    ("secret", "encoding", "key"),
    [
        ("whsec_a2V5", "text", b"whsec_a2V5"),
        ("whsec_a2V5", "base64", b"key"),
        ("a2V5", "base64", b"key"),
        ("口令", "text", "口令".encode()),
    ],
)
def test_03_a_secret_is_a_text_or_base64(secret: str, encoding: str, key: bytes) -> None:
    assert key_of(secret, encoding) == key


@pytest.mark.parametrize("secret", ["whsec_", "a2V", "a2V5!", "whsec_ a2V5"])
def test_03_what_is_no_base64_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        key_of(secret, "base64")


def test_05_a_challenge_is_answered_as_the_product_does() -> None:
    asked = hmac.new(GLPI.by, b"anything", hashlib.sha256).hexdigest()
    answer = hmac.new(GLPI.by, asked.encode(), hashlib.sha256).hexdigest()
    assert answer_to_challenge(GLPI.proof, GLPI.by, asked) == answer


@pytest.mark.parametrize(
    "asked", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, '{"item": {}}1772000000', "网"]
)
def test_05_nothing_else_is_signed_for_anybody(asked: str) -> None:
    assert answer_to_challenge(GLPI.proof, GLPI.by, asked) is None


def test_01_the_answer_to_a_challenge_is_no_signature_of_a_delivery() -> None:
    """Anybody may ask for it: with `5…5` as the question, its answer signs the body 5…5 of this instant."""
    asked = "5" * 54 + str(NOW // 1_000)
    assert len(asked) == 64
    answer = answer_to_challenge(GLPI.proof, GLPI.by, asked)
    assert answer
    forged = {"X-GLPI-signature": answer, "X-GLPI-timestamp": asked[54:]}
    assert verdict(GLPI, forged, asked[:54].encode()) is Unauthorised.BAD_PROOF


def test_12_secret_headers_are_not_for_mappings_and_dead_letters() -> None:
    sent = {
        "X-Hub-Signature": "sha1=x",
        "Authorization": "Basic x",
        "Cookie": "x",
        "X-Gitlab-Token": "x",
        "X-Api-Key": "x",
        "X-Client-Secret": "x",
        "X-Zammad-Trigger": "sla: created",
        "Content-Type": "application/json",
    }
    kept = plain_headers(header_lines([*raw(sent), (b"x-zammad-trigger", b"again")]), ["X-Hub-Signature"])
    assert kept == {"x-zammad-trigger": "sla: created, again", "content-type": "application/json"}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SCHEMES)),
    st.binary(max_size=200),
    st.lists(st.tuples(st.sampled_from([b"x-hub-signature", b"webhook-signature"]), st.binary(max_size=80))),
)
def test_01_random_bytes_prove_nothing_and_raise_nothing(
    name: str, body: bytes, lines: list[tuple[bytes, bytes]]
) -> None:
    scheme = SCHEMES[name]
    assert verify(scheme.proof, [scheme.by], header_lines(lines), body, NOW) is not None


# Deliveries as they are on the wire: their signatures were computed elsewhere.
ON_THE_WIRE = {
    "zammad": (
        b"test-only-zammad-token",
        b'{"ticket":{"id":31,"number":"22031","state":"op',
        {"X-Hub-Signature": "sha1=9670f9f13fccaca799a143789cdec5e20a84da37"},
        NOW,
    ),
    "jira": (
        b"test-only-jira-secret",
        (
            b'{"timestamp":1772417760000,"webhookEvent":"sprint_started",'
            b'"sprint":{"id":4,"name":"Sprint 9","state":"active"}}'
        ),
        {"X-Hub-Signature": "sha256=3bab42fceeceb2ed7631699878b0919b3dd2a38329d31ccc5872aca4b100389b"},
        NOW,
    ),
    "zendesk": (
        b"test-only-zendesk-secret",
        b"[]",
        {
            "X-Zendesk-Webhook-Signature-Timestamp": "2026-03-02T01:00:09Z",
            "X-Zendesk-Webhook-Signature": "4u4GPvQ8+kVwMHMKy7C7EmbjC2s/M0AjyTpihbCdo+U=",
        },
        1_772_413_209_000,
    ),
    "standard webhooks": (  # the example of its specification
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        b'{"test": 2432232314}',
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        1_614_265_330_000,
    ),
}


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_01_what_was_signed_elsewhere_is_verified(name: str) -> None:
    key, body, headers, now = ON_THE_WIRE[name]
    assert verdict(SCHEMES[name], headers, body, (key,), now) is None
    assert verdict(SCHEMES[name], headers, body + b" ", (key,), now) is Unauthorised.BAD_PROOF

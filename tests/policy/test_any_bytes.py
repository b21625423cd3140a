"""Whatever the bytes of a policy file: a policy, or problems of one line each, and never anything else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.policy.bad_policies import BadPolicies
from service.policy.policy_file import read_policy
from service.strict_yaml.document import LARGEST_BYTES
from tests.policy.vip import VIP

SYNTAX = [
    *"-?:,[]{}#&*!|>'\"%@` \n\t\r\\~<=",
    *(
        "\n  ",
        "\n- ",
        "---",
        "...",
        "<<",
        "&a",
        "*a",
        "!!map",
        "%YAML 9.9",
        "0",
        "80%",
        "\ufeff",
        "\u2028",
        "\x85",
        "\0",
    ),
    *("policy", "clocks", "levels", "match", "null", "true", "1h", "3 working days", "承诺", "\U0001f600"),
]


def read_or_refuse(raw: bytes) -> None:
    problems = ()
    try:
        read_policy("p.yaml", raw)
    except BadPolicies as bad:
        problems = tuple(map(str, bad.problems)) or ("",)
    assert all(len(problem.splitlines()) == 1 and len(problem) < 500 for problem in problems)


@given(st.binary())
@example(b"\xff\xfe")
@example(b'"\\UFFFFFFFF"')
@example(b'"\\UFFFFFFF"')
@example(b"&a [*a]")
@example(b"? [a]\n: b")
@example(b"!<\xe2\x80\xa8> a")
@example(b"? \x00")
def test_any_bytes(raw: bytes) -> None:
    read_or_refuse(raw)


@given(st.lists(st.sampled_from(SYNTAX), max_size=30).map("".join))
def test_any_yaml(text: str) -> None:
    read_or_refuse(text.encode())


@given(
    st.integers(0, len(VIP)), st.integers(0, 40), st.lists(st.sampled_from(SYNTAX), max_size=4).map("".join)
)
def test_any_damage_to_a_good_file(begin: int, length: int, instead: str) -> None:
    read_or_refuse((VIP[:begin] + instead + VIP[begin + length :]).encode())


@pytest.mark.parametrize(
    "piece", ["[", "{", "- ", "? ", "a: ", "[a,", "{a: ", "&a ", "*a ", "!a ", "# ", "\n", "'", "x"]
)
def test_the_largest_file_of_nothing_but_syntax_is_refused(piece: str) -> None:
    raw = (piece * LARGEST_BYTES)[:LARGEST_BYTES].encode()
    with pytest.raises(BadPolicies):
        read_policy("p.yaml", raw)


def test_the_largest_policy_is_read() -> None:
    customers = ", ".join(f"customer-{number:06}" for number in range(14_000))
    text = VIP.replace("tenant: north", f"customer_id: [{customers}]")
    assert 200 * 1024 < len(text) < LARGEST_BYTES
    policy = read_policy("p.yaml", text.encode()).policy
    assert len(dict(policy.match)["customer_id"]) == 14_000

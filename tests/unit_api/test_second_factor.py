"""The second factor: the codes of RFC 6238, once each, and near enough in time."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import given
from hypothesis import strategies as st

from api.domain.second_factor import accepted, address, code_at, fresh_secret, step_of

pytestmark = pytest.mark.unit

# RFC 6238, appendix B: the ASCII secret 12345678901234567890, the last six of its eight digits.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
NOW = datetime(2026, 11, 20, 4, 0, 10, tzinfo=UTC)


class TestCode:
    @pytest.mark.parametrize(("second", "code"), RFC)
    def test_is_the_one_of_the_standard(self, second: int, code: str) -> None:
        assert code_at(SECRET, step_of(datetime.fromtimestamp(second, tz=UTC))) == code

    @given(key=st.binary(min_size=20, max_size=20), second=st.integers(0, 2**33))
    def test_is_what_another_implementation_says(self, key: bytes, second: int) -> None:
        secret = fresh_secret(draw=lambda _: key)
        assert code_at(secret, second // 30) == TOTP(key, 6, SHA1(), 30).generate(second).decode()  # noqa: S303 - RFC 6238 asks for it

    def test_needs_a_secret_in_base32(self) -> None:
        with pytest.raises(ValueError, match="Base32"):
            code_at("秘密", 1)


class TestAccepted:
    @pytest.mark.parametrize("late", [-30, 0, 30])
    def test_forgives_one_step_either_way(self, late: int) -> None:
        code = code_at(SECRET, step_of(NOW + timedelta(seconds=late)))
        assert accepted(SECRET, code, now=NOW, used=None) == step_of(NOW) + late // 30

    @pytest.mark.parametrize("late", [-60, 60, 3600])
    def test_forgives_no_more(self, late: int) -> None:
        code = code_at(SECRET, step_of(NOW + timedelta(seconds=late)))
        assert accepted(SECRET, code, now=NOW, used=None) is None

    def test_takes_a_code_once_and_none_before_it(self) -> None:
        step = step_of(NOW)
        assert accepted(SECRET, code_at(SECRET, step), now=NOW, used=step) is None
        assert accepted(SECRET, code_at(SECRET, step - 1), now=NOW, used=step) is None
        assert accepted(SECRET, code_at(SECRET, step + 1), now=NOW, used=step) == step + 1

    def test_reads_spaces_and_full_width_digits(self) -> None:
        code = code_at(SECRET, step_of(NOW))
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
        assert accepted(SECRET, f" {wide[:3]} {wide[3:]} ", now=NOW, used=None) == step_of(NOW)

    @pytest.mark.parametrize("typed", ["", "12345", "abcdef", "验证码", "1" * 1000])
    def test_minds_nothing_that_is_typed(self, typed: str) -> None:
        assert accepted(SECRET, typed, now=NOW, used=None) is None


class TestSecret:
    def test_has_a_hundred_and_sixty_bits(self) -> None:
        assert len(fresh_secret(draw=secrets.token_bytes)) == 32

    def test_goes_to_an_authenticator_with_its_owner(self) -> None:
        assert address("ABC", name="李 雷") == (
            "otpauth://totp/12348%20%E6%B3%95%E5%BE%8B%E6%8F%B4%E5%8A%A9:%E6%9D%8E%20%E9%9B%B7"
            "?secret=ABC&issuer=12348%20%E6%B3%95%E5%BE%8B%E6%8F%B4%E5%8A%A9"
        )

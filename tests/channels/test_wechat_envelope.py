"""The envelope, held against wechatpy, which knows nothing of ours: each opens what the other sealed."""

import base64
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.channels.wechat.envelope import (
    FRESH,
    Envelope,
    EnvelopeRefused,
    MessageUnreadable,
    Stamp,
    read_xml,
    sign,
    xml,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TOKEN, APP_ID = "token-of-a-test", "wx0123456789abcdef"
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
OURS = Envelope(token=TOKEN, app_id=APP_ID, key=base64.b64decode(f"{KEY}="))
THEIRS = WeChatCrypto(TOKEN, KEY, APP_ID)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=300)


def sealed_by_them(text: str, *, crypto: WeChatCrypto = THEIRS, at: datetime = NOW) -> tuple[Stamp, bytes]:
    timestamp, nonce = str(int(at.timestamp())), "nonce"
    whole = crypto.encrypt_message(text, nonce, timestamp)
    found = xmltodict.parse(whole)["xml"]
    stamp = Stamp(
        signature=sign(TOKEN, timestamp, nonce), timestamp=timestamp, nonce=nonce, msg_signature=found["MsgSignature"]
    )
    return stamp, xml(ToUserName="gh_1", Encrypt=found["Encrypt"]).encode()


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(EnvelopeRefused) as caught:
        act()
    return caught.value.reason


class TestSealed:
    @given(words=WORDS)
    def test_opens_what_another_sealed(self, words: str) -> None:
        stamp, body = sealed_by_them(xml(Content=words, FromUserName="o1"))
        assert OURS.open(stamp, body, now=NOW) == {"Content": words, "FromUserName": "o1"}

    @given(words=WORDS)
    def test_another_opens_what_we_sealed(self, words: str) -> None:
        found = xmltodict.parse(OURS.seal(xml(Content=words), now=NOW))["xml"]
        opened = THEIRS.decrypt_message(found, found["MsgSignature"], found["TimeStamp"], found["Nonce"])
        assert xmltodict.parse(opened, strip_whitespace=False)["xml"]["Content"] == (words or None)

    def test_seals_no_two_replies_alike(self) -> None:
        text = xml(Content="您好")
        assert OURS.seal(text, now=NOW) != OURS.seal(text, now=NOW)

    def test_refuses_what_was_changed_on_the_way(self) -> None:
        stamp, body = sealed_by_them(xml(Content="您好"))
        assert (
            refused(lambda: OURS.open(stamp, body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA"), now=NOW))
            == "content_signature"
        )

    def test_reads_nothing_that_stands_beside_the_sealed(self) -> None:
        stamp, body = sealed_by_them(xml(Content="真的"))
        both = body.replace(b"<xml>", "<xml><Content>假的</Content>".encode())
        assert OURS.open(stamp, both, now=NOW)["Content"] == "真的"

    def test_refuses_what_is_not_sealed(self) -> None:
        stamp, _ = sealed_by_them(xml(Content="您好"))
        assert refused(lambda: OURS.open(stamp, xml(Content="您好").encode(), now=NOW)) == "content_signature"

    def test_refuses_what_was_sealed_for_another_account(self) -> None:
        stamp, body = sealed_by_them(xml(Content="您好"), crypto=WeChatCrypto(TOKEN, KEY, "wx-another"))
        assert refused(lambda: OURS.open(stamp, body, now=NOW)) == "app_id"

    def test_refuses_another_key(self) -> None:
        other = WeChatCrypto(TOKEN, KEY[::-1], APP_ID)
        for length in range(20):
            stamp, body = sealed_by_them(xml(Content="x" * length), crypto=other)
            assert refused(partial(OURS.open, stamp, body, now=NOW)) in {"key", "app_id"}

    @given(secret=st.binary(max_size=200))
    def test_no_bytes_that_are_signed_crash_it(self, secret: bytes) -> None:
        encrypted, timestamp = base64.b64encode(secret).decode(), str(int(NOW.timestamp()))
        stamp = Stamp(
            signature=sign(TOKEN, timestamp, "n"),
            timestamp=timestamp,
            nonce="n",
            msg_signature=sign(TOKEN, timestamp, "n", encrypted),
        )
        with pytest.raises(EnvelopeRefused):
            OURS.open(stamp, xml(Encrypt=encrypted).encode(), now=NOW)


class TestStamp:
    def test_goes_stale(self) -> None:
        text = xml(Content="您好")
        assert OURS.open(*sealed_by_them(text, at=NOW - FRESH), now=NOW)
        for moved in (-FRESH - timedelta(seconds=1), FRESH + timedelta(seconds=1)):
            stamp, body = sealed_by_them(text, at=NOW + moved)
            assert refused(partial(OURS.open, stamp, body, now=NOW)) == "stale"

    @pytest.mark.parametrize("timestamp", ["", "soon", "9" * 40, "-1", "1e9", "²"])
    def test_needs_a_time(self, timestamp: str) -> None:
        stamp = Stamp(signature=sign(TOKEN, timestamp, "n"), timestamp=timestamp, nonce="n")
        assert refused(lambda: OURS.check(stamp, now=NOW)) == "timestamp"

    @given(signature=st.text(max_size=50), nonce=st.text(max_size=20))
    def test_needs_the_right_signature(self, signature: str, nonce: str) -> None:
        stamp = Stamp(signature=signature, timestamp=str(int(NOW.timestamp())), nonce=nonce)
        assert refused(lambda: OURS.check(stamp, now=NOW)) == "signature"


class TestPlain:
    ENVELOPE = Envelope(token=TOKEN, app_id=APP_ID)

    def test_reads_and_answers_in_clear(self) -> None:
        stamp, _ = sealed_by_them("")
        assert self.ENVELOPE.open(stamp, xml(Content="您好").encode(), now=NOW) == {"Content": "您好"}
        assert self.ENVELOPE.seal("<xml></xml>", now=NOW) == "<xml></xml>"

    def test_reads_what_stands_beside_the_sealed(self) -> None:
        stamp, body = sealed_by_them(xml(Content="里面"))
        both = body.replace(b"<xml>", "<xml><Content>外面</Content>".encode())
        assert self.ENVELOPE.open(stamp, both, now=NOW)["Content"] == "外面"


class TestXml:
    @given(words=WORDS)
    def test_carries_any_words(self, words: str) -> None:
        assert read_xml(xml(Content=f"]]>{words}]]>&amp;<b>").encode()) == {"Content": f"]]>{words}]]>&amp;<b>"}

    def test_leaves_out_what_xml_does_not_have(self) -> None:
        assert read_xml(xml(Content="a\x00b\ud800c\uffffd").encode()) == {"Content": "abcd"}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<xml>",
            b"{}",
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>',
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
            b"<?xml version='1.0' encoding='none-such'?><xml/>",
        ],
    )
    def test_refuses_what_is_no_message(self, body: bytes) -> None:
        with pytest.raises(MessageUnreadable):
            read_xml(body)

    @given(body=st.binary(max_size=300))
    def test_no_bytes_crash_it(self, body: bytes) -> None:
        with suppress(MessageUnreadable):
            read_xml(body)


class TestSecrets:
    def test_never_show(self) -> None:
        assert TOKEN not in repr(OURS)
        assert "key" not in repr(OURS)

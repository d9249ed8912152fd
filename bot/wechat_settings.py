"""Settings of the WeChat channel: what mp.weixin.qq.com shows of the account."""

import base64
import re
from typing import Final, Self

from pydantic import Field, SecretStr, model_validator

from api.config import Settings
from knowledge_base.regions import Regions

_TOKEN: Final = re.compile(r"[A-Za-z0-9]{3,32}")
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}")


class WeChatSettings(Settings):
    """Read from the environment, `LEGAL_AID_WECHAT_…`."""

    wechat_app_id: str = Field(
        default="",
        pattern=r"^(wx[0-9a-zA-Z]{1,62})?$",
        description="AppID of the Official Account; the channel is off when empty.",
    )
    wechat_app_secret: SecretStr = Field(default=SecretStr(""), description="AppSecret of the account.")
    wechat_token: SecretStr = Field(
        default=SecretStr(""), description="Token that WeChat signs with: 3 to 32 letters and digits of your choice."
    )
    wechat_aes_key: SecretStr = Field(
        default=SecretStr(""), description="EncodingAESKey, 43 letters and digits; empty in plain mode (明文模式)."
    )
    wechat_original_id: str = Field(
        default="", pattern=r"^(gh_\w{1,62})?$", description="The account's 原始ID, gh_…; any when empty."
    )
    wechat_region: str = Field(
        default="",
        pattern=r"^([0-9]{6})?$",
        description="Place whose office runs the account, six digits of GB/T 2260; none when empty.",
    )
    wechat_base_url: str = Field(
        default="https://api.weixin.qq.com", pattern=r"^https?://\S+$", description="Where WeChat's API answers."
    )

    @property
    def wechat_key(self) -> bytes | None:
        """Return the key that the EncodingAESKey stands for."""
        encoded = self.wechat_aes_key.get_secret_value()
        return base64.b64decode(f"{encoded}=") if encoded else None

    @model_validator(mode="after")
    def _is_an_account(self) -> Self:
        token, key = self.wechat_token.get_secret_value(), self.wechat_aes_key.get_secret_value()
        given = (self.wechat_app_id, self.wechat_app_secret.get_secret_value(), token)
        if any(given) and not all(given):
            msg = "LEGAL_AID_WECHAT_APP_ID, LEGAL_AID_WECHAT_APP_SECRET and LEGAL_AID_WECHAT_TOKEN belong together"
            raise ValueError(msg)
        if token and not _TOKEN.fullmatch(token):
            msg = "LEGAL_AID_WECHAT_TOKEN takes 3 to 32 letters and digits"
            raise ValueError(msg)
        if key and not _KEY.fullmatch(key):
            msg = "LEGAL_AID_WECHAT_AES_KEY is the EncodingAESKey: 43 letters and digits"
            raise ValueError(msg)
        if self.wechat_region and self.wechat_region not in Regions.load():
            msg = "LEGAL_AID_WECHAT_REGION is no place: six digits of GB/T 2260"
            raise ValueError(msg)
        return self

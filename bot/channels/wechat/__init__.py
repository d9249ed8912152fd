"""WeChat Official Account (公众号): messages come in sealed, answers go out as passive replies or customer-service messages.

Rules of the platform: https://developers.weixin.qq.com/doc/service/
"""

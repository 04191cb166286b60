"""How the service says no: codes and messages in the words that were seen, in both of its languages (manual, 4, 11)."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "CloudError",
    "Language",
    "UrlError",
    "limit_exceeded",
    "missing",
    "unknown",
    "wrong_type",
    "wrong_value",
]

Language = Literal["en-US", "zh-CN"]


class CloudError(Exception):
    """The cloud API answers with this code. Its message is in the caller's language."""

    def __init__(self, code: str, english: str | None = None, chinese: str | None = None) -> None:
        super().__init__(code)
        known = _MESSAGES.get(code) or _MESSAGES.get(code.partition(".")[0]) or (code, code)
        self.code = code
        self.english = english or known[0]
        self.chinese = chinese or (english or known[1])

    def message(self, language: str) -> str:
        """What the service writes beside the code."""
        return self.chinese if language == "zh-CN" else self.english


class UrlError(Exception):
    """Flash or real-time answer with this number; `detail` is what their message names in brackets."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    @property
    def message(self) -> str:
        """The vendor's text, which is Chinese."""
        text = _NUMBERED.get(self.code, "未知错误")
        return f"{text}({self.detail})" if self.detail else text


def missing(name: str) -> CloudError:
    """A required parameter, common or not, is not there."""
    return CloudError(
        "MissingParameter",
        f"The request is missing a required parameter `{name}`.",
        f"请求缺少必要的参数 `{name}`。",
    )


def unknown(name: str) -> CloudError:
    """A parameter is not one of this action."""
    return CloudError("UnknownParameter", f"The parameter `{name}` is not recognized.", f"参数 `{name}` 无法识别。")


def wrong_type(name: str, wanted: str) -> CloudError:
    """A parameter has another JSON type than the one declared."""
    return CloudError(
        "InvalidParameter",
        f"The value type of parameter `{name}` is not valid, input type should be `{wanted}`.",
        f"参数 `{name}` 的类型错误, 应为 `{wanted}`。",
    )


def wrong_value(name: str, why: str, *, code: str = "InvalidParameterValue") -> CloudError:
    """A parameter has a value that this action does not take, here or beside the other ones."""
    return CloudError(code, f"The value of parameter `{name}` is not valid: {why}.", f"参数 `{name}` 取值错误: {why}。")


def limit_exceeded(code: str, calls: int, limit: int) -> CloudError:
    """Too many calls in this second."""
    return CloudError(
        code,
        f"Your current request times equals to `{calls}` in a second, which exceeds the frequency limit `{limit}` "
        "for a second. Please reduce the frequency of calls.",
        f"您当前每秒请求 `{calls}` 次，超过了每秒频率上限 `{limit}`，请稍后重试。",
    )


# Code or its first level -> English, Chinese. What was not seen anywhere is in our words: clients must not read it.
_MESSAGES = {
    "AuthFailure.SignatureFailure": (
        "The provided credentials could not be validated. Please check your signature is correct.",
        "请求签名验证失败，请检查您的签名计算是否正确。",
    ),
    "AuthFailure.SecretIdNotFound": (
        "The SecretId is not found, please ensure that your SecretId is correct.",
        "密钥不存在，请检查您的密钥是否正确。",
    ),
    "AuthFailure.SignatureExpire": (
        "The provided timestamp is too far from the time of the server.",
        "请求的时间戳与服务器时间相差超过五分钟。",
    ),
    "AuthFailure.TokenFailure": ("The token is wrong or has expired.", "临时密钥的 Token 错误或已过期。"),
    "AuthFailure.InvalidAuthorization": (
        "The Authorization header is malformed.",
        "请求头部的 Authorization 格式错误。",
    ),
    "AuthFailure": ("Authentication failed.", "认证失败。"),
    "FailedOperation.NoSuchTask": ("No such task.", "错误的 TaskId。"),
    "FailedOperation.ErrorDownFile": ("Failed to download audio file!", "下载音频文件失败。"),
    "FailedOperation.ErrorRecognize": ("Failed to recognize the audio.", "识别失败。"),
    "FailedOperation": ("The operation failed.", "操作失败。"),
    "InternalError": ("Internal error.", "内部错误。"),
    "InvalidAction": ("The action is not found.", "接口不存在。"),
    "NoSuchVersion": ("The version of the API is not found.", "接口版本不存在。"),
    "InvalidParameterValue.ErrorInvalidVoicedata": ("Invalid audio file!", "无效的音频数据。"),
    "InvalidParameterValue.ErrorVoicedataTooLong": ("The audio is too long.", "音频时长超出限制。"),
    "InvalidParameterValue": ("The value of a parameter is not valid.", "参数取值错误。"),
    "InvalidRequest": ("The request body is malformed.", "请求 body 格式错误。"),
    "LimitExceeded": ("A limit of the account is exceeded.", "超过配额限制。"),
    "RequestLimitExceeded": ("Please reduce the frequency of calls.", "请求的次数超过了频率限制。"),
    "RequestSizeLimitExceeded": ("The request is too large.", "请求包超过限制大小。"),
    "UnsupportedProtocol": ("The method is not supported here; use POST.", "不支持的请求方法，请使用 POST。"),
}

_NUMBERED = {
    4000: "音频数据发送过多",
    4001: "参数不合法",
    4002: "鉴权失败",
    4003: "AppID服务未开通",
    4004: "资源包耗尽",
    4005: "账户欠费停止服务",
    4006: "账号并发超限",
    4007: "音频解码失败",
    4008: "客户端超过15秒未发送音频数据",
    4009: "客户端连接断开",
    4010: "客户端上传未知文本消息",
    4011: "音频数据太大",
    4012: "音频数据为空",
    5000: "服务后台错误",
    5001: "音频识别超时",
    5002: "识别失败",
    5003: "识别超时",
    6001: "境外调用被拒绝",
}

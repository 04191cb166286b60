"""From neutral requests to what Tencent is sent: each option's field, and each rule that is checked before."""

import asyncio
import base64
import json
from typing import Any

import pytest

from earwitness.errors import InvalidRequestError
from earwitness.exchange import HttpCall, StreamBody
from earwitness.jobs import Attempt
from earwitness.request import Feature, HotWord
from earwitness_tencent._requests import hot_word_list
from support.tencent import ACCEPTED, APP_ID, FLASH, SENTENCE, provider, reply, submission, wav

DEFAULTS = {
    "EngineModelType": "16k_zh",
    "ChannelNum": 1,
    "ResTextFormat": 2,
    "SourceType": 0,
    "Url": "https://h/a.mp3",
    "SpeakerDiarization": 0,
}


def called(answer: object, audio: object = None, keys: dict[str, Any] | None = None, **known: Any) -> HttpCall:
    tencent, runtime = provider(reply(answer), **(keys or {}))
    asyncio.run(tencent.submit(submission(tencent, audio, **known)))
    (call,) = runtime.calls
    return call


def params(audio: object = "https://h/a.mp3", **known: Any) -> dict[str, Any]:
    body = called(ACCEPTED, audio, **known).body
    assert isinstance(body, bytes)
    found: dict[str, Any] = json.loads(body)
    return found


def sentence(audio: object = None, **known: Any) -> dict[str, Any]:
    body = called(SENTENCE, audio, service="sentence", **known).body
    assert isinstance(body, bytes)
    found: dict[str, Any] = json.loads(body)
    return found


def flash(**known: Any) -> dict[str, str]:
    query = dict(called(FLASH, service="flash", **known).query)
    assert query.pop("secretid") and query.pop("timestamp") and query.pop("token")
    return query


def added(**known: Any) -> dict[str, Any]:
    """What these options add to, or change in, a plain recording's parameters."""
    found = params(**known)
    return {name: value for name, value in found.items() if DEFAULTS.get(name) != value}


def wrong(**known: Any) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        params(**known)
    return str(caught.value)


def test_a_plain_recording() -> None:
    """What must be there is there, what is unset is left out, and the headers are those of the manual."""
    assert params() == DEFAULTS
    call = called(ACCEPTED, "https://h/a.mp3", keys={"region": "ap-guangzhou"})
    assert call.url == "https://asr.tencentcloudapi.com/" and not call.query and not call.repeatable
    sent = {name: value for name, value in call.headers.items() if name not in ("authorization", "x-tc-timestamp")}
    assert sent == {
        "host": "asr.tencentcloudapi.com",
        "content-type": "application/json",
        "x-tc-action": "CreateRecTask",
        "x-tc-version": "2019-06-14",
        "x-tc-language": "en-US",
        "x-tc-region": "ap-guangzhou",
        "x-tc-token": "TOKENMARKER",
    }


def test_a_local_recording() -> None:
    """The file's bytes in Base64 with their own length before it, and no URL."""
    data = wav(0.5)
    found = params(data)
    assert base64.b64decode(found["Data"], validate=True) == data
    assert (found["SourceType"], found["DataLen"]) == (1, len(data)) and "Url" not in found


@pytest.mark.parametrize(
    ("known", "fields"),
    [
        ({"word_times": True}, {}),
        ({"word_times": False}, {"ResTextFormat": 0}),
        ({"language": "ko"}, {"EngineModelType": "16k_ko", "ResTextFormat": 0}),
        ({"speakers": True}, {"SpeakerDiarization": 1, "SpeakerNumber": 0}),
        ({"speakers": 3}, {"SpeakerDiarization": 1, "SpeakerNumber": 0}),
        ({"speakers": 3, "model": "8k_zh"}, {"EngineModelType": "8k_zh", "SpeakerDiarization": 1, "SpeakerNumber": 3}),
        (
            {"speakers": "2-4", "model": "8k_zh"},
            {"EngineModelType": "8k_zh", "SpeakerDiarization": 1, "SpeakerNumber": 0},
        ),
        ({"speakers": False}, {}),
        ({"hot_words": ["腾讯云", {"text": "Quorum", "weight": 10}]}, {"HotwordList": "腾讯云|5,Quorum|10"}),
        ({"profanity": "keep"}, {"FilterDirty": 0}),
        ({"profanity": "remove"}, {"FilterDirty": 1}),
        ({"profanity": "mask"}, {"FilterDirty": 2}),
        ({"fillers": "keep"}, {"FilterModal": 0}),
        ({"fillers": "remove"}, {"FilterModal": 1}),
        ({"numerals": "words"}, {"ConvertNumMode": 0}),
        ({"numerals": "digits"}, {"ConvertNumMode": 1}),
        ({"punctuation": True}, {"FilterPunc": 0}),
        ({"punctuation": False}, {"FilterPunc": 2}),
        ({"emotion": True}, {"EmotionRecognition": 1}),
        ({"emotion": True, "word_times": False}, {"EmotionRecognition": 1}),
        ({"emotion": False}, {}),
        ({"channels": "mix"}, {}),
        ({"channels": "separate", "model": "8k_zh"}, {"EngineModelType": "8k_zh", "ChannelNum": 2}),
        ({"max_segment_chars": 20}, {"ResTextFormat": 3, "SentenceMaxLength": 20}),
        ({"metadata": {"case": "7"}}, {}),
    ],
)
def test_each_neutral_option(known: dict[str, Any], fields: dict[str, Any]) -> None:
    """Each neutral option is the field that the manual has for it."""
    assert added(**known) == fields


@pytest.mark.parametrize(
    ("vendor", "fields"),
    [
        ({"text_format": 1}, {"ResTextFormat": 1}),
        ({"text_format": 5}, {"ResTextFormat": 5}),
        ({"callback": "https://me/cb?k=1"}, {"CallbackUrl": "https://me/cb?k=1"}),
        ({"hotword_id": "h"}, {"HotwordId": "h"}),
        ({"hotword_list": "云|11,网|100"}, {"HotwordList": "云|11,网|100"}),
        ({"customization_id": "c"}, {"CustomizationId": "c"}),
        ({"replace_text_id": "r"}, {"ReplaceTextId": "r"}),
        ({"filter_modal": 2}, {"FilterModal": 2}),
        ({"filter_punc": 1}, {"FilterPunc": 1}),
        ({"convert_num_mode": 3}, {"ConvertNumMode": 3}),
        ({"emotion_recognition": 2}, {"EmotionRecognition": 2}),
        ({"emotional_energy": True}, {"EmotionalEnergy": 1}),
        ({"extra": {"Domain": 1}}, {"Extra": '{"Domain": 1}'}),
        ({"keyword_libs": ["a", "b"]}, {"KeyWordLibIdList": ["a", "b"]}),
        ({"reinforce_hotword": 1}, {"ReinforceHotword": 1}),
    ],
)
def test_each_vendor_option(vendor: dict[str, Any], fields: dict[str, Any]) -> None:
    """Each remaining field of the manual is an option of the service."""
    assert added(vendor=vendor) == fields


def test_a_voice_recognised_by_a_sample() -> None:
    """A role needs one of two engines, and turns diarization to its third kind."""
    role = {"audio_url": "https://h/ann.wav", "name": "Ann"}
    assert added(model="16k_zh_en", vendor={"speaker_roles": [role]}) == {
        "EngineModelType": "16k_zh_en",
        "SpeakerDiarization": 3,
        "SpeakerRoles": [{"RoleAudioUrl": "https://h/ann.wav", "RoleName": "Ann"}],
    }


def test_where_the_audio_and_the_callback_are() -> None:
    """The attempt's own addresses go before the audio itself, and the user's callback before the attempt's."""
    attempt = Attempt("att_1", "https://us/cb", "https://us/audio")
    found = params(b"".join([wav()]), attempt=attempt)
    assert (found["Url"], found["SourceType"], found["CallbackUrl"]) == ("https://us/audio", 0, "https://us/cb")
    assert params(attempt=attempt, vendor={"callback": "https://me/cb"})["CallbackUrl"] == "https://me/cb"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"language": "ko", "vendor": {"text_format": 2}}, "text_format must be 0"),
        ({"language": "en", "vendor": {"text_format": 4}}, "4 and 5 are for 8k_zh and 16k_zh"),
        ({"max_segment_chars": 20, "vendor": {"text_format": 2}}, "needs text_format 3"),
        ({"emotion": True, "vendor": {"text_format": 0}}, "emotions need"),
        ({"word_times": True, "vendor": {"text_format": 0}}, "word_times needs"),
        ({"language": "yue", "vendor": {"emotion_recognition": 1}}, "hears no emotions"),
        ({"vendor": {"emotional_energy": True, "text_format": 0}}, "emotional_energy needs"),
        ({"channels": "separate"}, "cannot hear channels apart"),
        ({"channels": "separate", "speakers": True, "model": "8k_zh"}, "exclude each other"),
        ({"vendor": {"speaker_roles": [{"audio_url": "https://h/a", "name": "A"}]}}, "speaker_roles are for"),
        (
            {"model": "16k_zh_en", "vendor": {"speaker_roles": [{"audio_url": "https://h/a", "name": "安" * 11}]}},
            "at most 30 bytes",
        ),
        ({"keys": {"site": "international"}, "vendor": {"hotword_id": "h"}}, "knows no hotword_id"),
        ({"keys": {"site": "international"}, "vendor": {"emotion_recognition": 1}}, "no emotions"),
        ({"hot_words": ["a"], "vendor": {"hotword_list": "b|1"}}, "say the same"),
        ({"fillers": "keep", "vendor": {"filter_modal": 1}}, "say the same"),
        ({"numerals": "words", "vendor": {"convert_num_mode": 1}}, "say the same"),
        ({"punctuation": True, "vendor": {"filter_punc": 1}}, "say the same"),
        ({"emotion": True, "vendor": {"emotion_recognition": 2}}, "say the same"),
        ({"hot_words": ["a,b"]}, "commas and bars"),
        ({"hot_words": ["a|b"]}, "commas and bars"),
        ({"hot_words": ["a" * 31]}, "at most 30 letters"),
        ({"hot_words": ["云" * 11]}, "at most 30 letters"),
        ({"vendor": {"hotword_list": "a"}}, "word|weight"),
        ({"vendor": {"hotword_list": "a|1,,b|2"}}, "word|weight"),
        ({"vendor": {"hotword_list": "a|12"}}, "1 to 11 or 100"),
        ({"language": "en", "vendor": {"hotword_list": "a|100"}}, "weight 100"),
        ({"vendor": {"hotword_list": ",".join(f"w{n}|1" for n in range(129))}}, "128 hot words"),
    ],
)
def test_rules_between_fields(known: dict[str, Any], told: str) -> None:
    """What Tencent would refuse is refused before anything is sent, with what is wrong."""
    assert told in wrong(**known)


def test_weights_of_hot_words() -> None:
    """Ordinary emphasis is the vendor's 5, the strongest its 10, and what is below one stays above zero."""
    weights = [None, 0.01, 0.2, 0.5, 1, 5.5, 10]
    listed = hot_word_list([HotWord(text="a", weight=weight) for weight in weights])
    assert listed == "a|5,a|1,a|1,a|2,a|5,a|8,a|10"


def test_a_sentence() -> None:
    """The sentence's own names, its form, and words with punctuation unless unwanted."""
    data = wav(0.5)
    assert sentence(data) == {
        "EngSerViceType": "16k_zh",
        "SourceType": 1,
        "Data": base64.b64encode(data).decode(),
        "DataLen": len(data),
        "VoiceFormat": "wav",
        "WordInfo": 2,
    }
    asked = {
        "word_times": False, "profanity": "mask", "fillers": "remove", "numerals": "words", "punctuation": False,
        "hot_words": ["云"], "vendor": {"hotword_id": "h", "customization_id": "c", "replace_text_id": "r"},
    }  # fmt: skip
    found = sentence(data, **asked)
    assert {name: found[name] for name in found if name not in ("Data", "DataLen")} == {
        "EngSerViceType": "16k_zh", "SourceType": 1, "VoiceFormat": "wav", "WordInfo": 0, "HotwordId": "h",
        "HotwordList": "云|5", "CustomizationId": "c", "ReplaceTextId": "r", "FilterDirty": 2, "FilterModal": 1,
        "FilterPunc": 2, "ConvertNumMode": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://h/a.WAV?x=1", "wav"),
        ("https://h/a.mp3", "mp3"),
        ("https://h/a.opus", "ogg-opus"),
        ("https://h/a.amr", "amr"),
    ],
)
def test_a_sentence_by_url(url: str, form: str) -> None:
    """The end of the URL's path says the form; where it does not, it must be told."""
    found = sentence(url)
    assert (found["SourceType"], found["Url"], found["VoiceFormat"]) == (0, url, form)
    with pytest.raises(InvalidRequestError, match="voice_format"):
        sentence("https://h/audio")
    told = sentence("https://h/audio", vendor={"voice_format": "pcm", "input_sample_rate": 8000})
    assert (told["VoiceFormat"], told["InputSampleRate"]) == ("pcm", 8000)


def test_a_rate_is_for_bare_samples() -> None:
    """A sampling rate is told of bare samples for an engine of 16 kHz alone."""
    for known in ({}, {"model": "8k_zh"}):
        form = "pcm" if known else "wav"
        with pytest.raises(InvalidRequestError, match="input_sample_rate"):
            sentence("https://h/a", vendor={"voice_format": form, "input_sample_rate": 8000}, **known)


def test_a_flash_recording() -> None:
    """The AppId is in the path, everything else in the query, and the body is the file as it is, in blocks."""
    data = wav(20)
    call = called(FLASH, data, service="flash")
    assert call.url == f"https://asr.cloud.tencent.com/asr/flash/v1/{APP_ID}"
    assert call.headers["content-type"] == "application/octet-stream" and not call.repeatable
    assert isinstance(call.body, StreamBody) and call.body.length == len(data)
    blocks = list(call.body.open())
    assert b"".join(blocks) == data and max(map(len, blocks)) <= 256 * 1024
    assert flash() == {
        "engine_type": "16k_zh", "voice_format": "wav", "speaker_diarization": "0", "first_channel_only": "1",
        "word_info": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("known", "fields"),
    [
        ({"speakers": True}, {"speaker_diarization": "1"}),
        ({"channels": "separate"}, {"first_channel_only": "0"}),
        ({"word_times": False}, {"word_info": "0"}),
        ({"max_segment_chars": 12}, {"word_info": "3", "sentence_max_length": "12"}),
        ({"hot_words": ["腾讯云"]}, {"hotword_list": "腾讯云|5"}),
        ({"profanity": "mask", "fillers": "keep"}, {"filter_dirty": "2", "filter_modal": "0"}),
        ({"numerals": "words", "punctuation": True}, {"convert_num_mode": "0", "filter_punc": "0"}),
        ({"vendor": {"word_info": 1, "hotword_id": "h"}}, {"word_info": "1", "hotword_id": "h"}),
        ({"vendor": {"reinforce_hotword": 1}}, {"reinforce_hotword": "1"}),
        (
            {"vendor": {"customization_id": "c", "replace_text_id": "r"}},
            {"customization_id": "c", "replace_text_id": "r"},
        ),
    ],
)
def test_each_option_of_flash(known: dict[str, Any], fields: dict[str, str]) -> None:
    """Each option is the parameter that the manual has for it."""
    plain = flash()
    assert {name: value for name, value in flash(**known).items() if plain.get(name) != value} == fields


def test_flash_options_that_exclude_each_other() -> None:
    """Subtitles need their own form of words; neutral and vendor options that say the same are refused."""
    for known in (
        {"max_segment_chars": 12, "vendor": {"word_info": 1}},
        {"word_times": True, "vendor": {"word_info": 1}},
    ):
        with pytest.raises(InvalidRequestError):
            flash(**known)


def test_the_site_decides_the_host() -> None:
    """Each site has its host; an endpoint of your own goes before it."""
    assert called(ACCEPTED, "https://h/a", {"site": "international"}).url == "https://asr.intl.tencentcloudapi.com/"
    own = {"site": "international", "endpoint": "asr.ap-seoul.tencentcloudapi.com"}
    assert called(ACCEPTED, "https://h/a", own).url == "https://asr.ap-seoul.tencentcloudapi.com/"


def test_text_goes_as_utf_8() -> None:
    """Chinese in the body is neither escaped nor mangled, and the signature covers these bytes."""
    body = called(ACCEPTED, "https://h/测试.wav", hot_words=["语音"]).body
    assert isinstance(body, bytes) and "测试".encode() in body and "语音|5".encode() in body


def test_no_feature_is_forgotten() -> None:
    """Every neutral feature is either declared by some service, and then tested above, or refused by all."""
    tencent, _ = provider()
    declared = {feature for service in tencent.offered().services for feature in service.features}
    assert set(Feature) - declared == {Feature.FORBIDDEN_WORDS, Feature.NOISE_FILTER, Feature.SOUND_EVENTS}

"""Every format that can be read gives back what was written into it, and programs of others read it too."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earwitness._text import one_line
from earwitness.errors import InvalidRequestError, InvalidTranscriptError, UnsupportedFeatureError
from earwitness.export import render
from earwitness.models import Segment, Speaker, Transcript, Word
from earwitness.reading import MAX_BYTES, read, readers, smi, srt
from support.transcripts import valid

WORDS = st.text(
    st.characters(codec="utf-8", categories=("Lu", "Ll", "Lo", "Nd"))
    | st.sampled_from("{}\\&-'.,?!:\"。，안녕하세요今天"),
    min_size=1,
    max_size=6,
)
LABELS = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll", "Lo")), min_size=1, max_size=5)


@st.composite
def spoken(draw: st.DrawFn, *, step: int = 10, apart: bool = True) -> Transcript:
    """A transcript of timed segments with timed words, as every subtitle and scoring format wants it.

    Times are multiples of `step` milliseconds, because some formats know nothing finer.
    """
    time, segments = 0, []
    for _ in range(draw(st.integers(0, 4))):
        words = []
        for text in draw(st.lists(WORDS, min_size=1, max_size=4)):
            start = time + step * draw(st.integers(1, 50))
            time = start + step * draw(st.integers(1, 50))
            words.append(Word(text, start, time, draw(st.none() | st.integers(0, 1000).map(lambda n: n / 1000))))
        text = " ".join(word.text for word in words)
        speaker, channel = draw(LABELS), draw(st.integers(0, 3))
        first, last = words[0].start_ms, words[-1].end_ms
        segments.append(Segment(text, first, last, tuple(words), speaker=speaker, channel=channel))
        time += 2_000 if apart else 0
    known = dict.fromkeys(one.speaker for one in segments if one.speaker)
    return Transcript(tuple(segments), tuple(map(Speaker, known)))


def times(transcript: Transcript) -> list[tuple[int | None, int | None]]:
    return [(one.start_ms, one.end_ms) for one in transcript.segments]


def texts(transcript: Transcript) -> list[str]:
    return [one.text for one in transcript.segments]


def words(transcript: Transcript) -> list[Word]:
    return [word for one in transcript.segments for word in one.words]


def again(transcript: Transcript, format: str) -> Transcript:
    return read(render(transcript, format).encode(), format=format)


def shown(text: str | None) -> str | None:
    return one_line((text or "").replace("\0", "")) or None


@given(valid())
def test_json_loses_nothing(transcript: Transcript) -> None:
    """Our own JSON gives back the same transcript."""
    assert again(transcript, "json") == transcript


@given(valid())
def test_csv_keeps_every_segment(transcript: Transcript) -> None:
    """Each segment that says anything comes back with all that csv has a column for, in order of time."""
    kept = [
        replace(
            one,
            words=(),
            derived=(),
            text=shown(one.text) or "",
            speaker=shown(one.speaker),
            emotion=shown(one.emotion),
        )
        for one in sorted(transcript.segments, key=lambda one: one.start_ms or 0)
    ]
    assert list(again(transcript, "csv").segments) == [one for one in kept if one != Segment("")]


@given(spoken())
def test_word_formats_keep_every_word(transcript: Transcript) -> None:
    """ctm, TextGrid and Whisper's JSON give back each word with its times, and what else they hold."""
    ctm = again(transcript, "ctm")
    assert sorted(
        (w.text, w.start_ms, w.end_ms, w.confidence) for w in words(ctm) if w.confidence is not None
    ) == sorted((w.text, w.start_ms, w.end_ms, w.confidence) for w in words(transcript) if w.confidence is not None)
    assert sorted(str(w.start_ms) + w.text for w in words(ctm)) == sorted(
        str(w.start_ms) + w.text for w in words(transcript)
    )
    grid = again(transcript, "textgrid")
    assert times(grid) == times(transcript) and texts(grid) == texts(transcript)
    assert [(w.text, w.start_ms, w.end_ms) for w in words(grid)] == [
        (w.text, w.start_ms, w.end_ms) for w in words(transcript)
    ]
    assert [one.speaker for one in grid.segments] == [one.speaker for one in transcript.segments]
    whisper = again(transcript, "whisper")
    assert words(whisper) == words(transcript) and times(whisper) == times(transcript)


@given(spoken())
def test_line_formats_keep_times_and_voices(transcript: Transcript) -> None:
    """stm and rttm give back segments, voices and channels; tsv and audacity times and text."""
    for format in ("stm", "rttm"):
        back = again(transcript, format)
        assert [(*one, s.speaker, s.channel) for one, s in zip(times(back), back.segments, strict=True)] == [
            (*one, s.speaker, s.channel) for one, s in zip(times(transcript), transcript.segments, strict=True)
        ]
    for format in ("stm", "tsv", "audacity"):
        assert times(again(transcript, format)) == times(transcript)
        assert texts(again(transcript, format)) == texts(transcript)


@given(spoken())
def test_subtitles_keep_text_and_times(transcript: Transcript) -> None:
    """Every letter comes back from srt, vtt, smi and ass, between the same first and last time."""
    bare = replace(
        transcript, speakers=(), segments=tuple(replace(s, speaker=None, channel=None) for s in transcript.segments)
    )
    for format in ("srt", "vtt", "vtt-words", "smi", "ass"):
        back = read(render(bare, format).encode(), format=format.partition("-")[0])
        assert "".join(texts(back)).replace(" ", "") == "".join(texts(bare)).replace(" ", ""), format
        assert [one[0] for one in times(back)][:1] == [one[0] for one in times(bare)][:1], format
        assert [one[1] for one in times(back)][-1:] == [one[1] for one in times(bare)][-1:], format


@given(spoken())
def test_vtt_keeps_voices_and_word_starts(transcript: Transcript) -> None:
    """Voice spans come back as speakers, and the stamps of vtt-words as the starts of words."""
    back = read(render(transcript, "vtt-words").encode())
    assert {one.speaker for one in back.segments} == {one.speaker for one in transcript.segments}
    found = {word.start_ms for word in words(back)} | {one.start_ms for one in back.segments}
    assert {one.start_ms for one in back.segments} <= {word.start_ms for word in words(transcript)}
    assert len(found) >= len({one.start_ms for one in transcript.segments})


TALK = Transcript(
    (
        Segment("Good morning.", 0, 1_500, (Word("Good", 0, 700, 0.9), Word("morning.", 700, 1_500, 0.8)), speaker="1"),
        Segment(
            "안녕하세요 여러분",
            2_600,
            3_600,
            (Word("안녕하세요", 2_600, 3_000), Word("여러분", 3_100, 3_600)),
            speaker="2",
        ),
        Segment("今天天气很好。", 4_000, 5_000, (Word("今天天气很好。", 4_000, 5_000),), speaker="1"),
    ),
    (Speaker("1", "Ann"), Speaker("2")),
    duration_ms=6_000,
)


TURNS = replace(TALK, metadata={"recording": "call"})


@pytest.mark.parametrize("format", [*readers()])
def test_what_was_written_is_recognised_by_its_content(format: str) -> None:
    """Nobody has to say which format a file of ours is in."""
    assert texts(read(render(TALK, format).encode())) == texts(again(TALK, format))


@pytest.mark.parametrize(("format", "kind"), [("ass", "ass"), ("smi", "sami"), ("vtt-words", "webvtt")])
def test_ffmpeg_reads_the_subtitles(format: str, kind: str) -> None:
    """FFmpeg finds the three cues at their times, in each of the further subtitle formats."""
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(render(TALK, format).encode()), format=kind) as container:
        stream = container.streams.subtitles[0]
        unit = float(stream.time_base) * 1000
        packets = [(round(one.pts * unit), bytes(one).decode()) for one in container.demux(stream) if one.size]
    shown = [(start, text) for start, text in packets if text.replace("&nbsp;", "").split(">")[-1].strip()]
    assert [start for start, _ in shown] == [0, 2_600, 4_000]
    assert "여러분" in shown[1][1]


def test_textgrid_is_read_by_another_library(tmp_path: Path) -> None:
    """The library textgrid finds each voice's tiers with their intervals."""
    textgrid = pytest.importorskip("textgrid")
    (tmp_path / "a.TextGrid").write_text(render(TALK, "textgrid"), encoding="utf-8")
    grid = textgrid.TextGrid.fromFile(str(tmp_path / "a.TextGrid"))
    assert [tier.name for tier in grid] == ["Ann segments", "Ann words", "2 segments", "2 words"]
    assert [(one.minTime, one.maxTime, one.mark) for one in grid[2] if one.mark] == [(2.6, 3.6, "안녕하세요 여러분")]


def test_turns_are_read_by_another_library(tmp_path: Path) -> None:
    """pyannote.database finds each turn of rttm and stm at its time, with its voice."""
    util = pytest.importorskip("pyannote.database.util")
    for format, load in (("rttm", util.load_rttm), ("stm", util.load_stm)):
        file = tmp_path / f"a.{format}"
        file.write_text(render(TURNS, format), encoding="utf-8")
        turns = [(one.start, one.end, who) for one, _, who in load(str(file))["call"].itertracks(yield_label=True)]
        assert turns == [(0.0, 1.5, "1"), (2.6, 3.6, "2"), (4.0, 5.0, "1")], format


def test_scoring_formats_are_read_by_meeteval(tmp_path: Path) -> None:
    """meeteval finds each line of ctm, stm and rttm with its times."""
    meeteval = pytest.importorskip("meeteval")
    for format, count in (("ctm", 5), ("stm", 3), ("rttm", 3)):
        file = tmp_path / f"a.{format}"
        file.write_text(render(TURNS, format), encoding="utf-8")
        lines = meeteval.io.load(str(file)).to_seglst()
        assert len(lines) == count
        assert float(lines[0]["start_time"]) == 0


def test_a_vcon_is_a_vcon() -> None:
    """The container names itself by its content, and our own JSON in it is the whole transcript."""
    made = json.loads(render(TALK, "vcon"))
    assert made["uuid"][14] == "8" and made["uuid"] == json.loads(render(TALK, "vcon"))["uuid"]
    assert [one["name"] for one in made["parties"]] == ["Ann", "2"]
    assert Transcript.from_json(made["analysis"][0]["body"]) == TALK
    assert made["uuid"] != json.loads(render(Transcript(), "vcon"))["uuid"]


@pytest.mark.parametrize("format", ["ctm", "stm", "rttm", "tsv", "audacity", "textgrid", "smi", "ass", "whisper"])
def test_a_format_of_times_needs_times(format: str) -> None:
    """A segment without times is told with the formats that need none."""
    with pytest.raises(UnsupportedFeatureError, match="txt or json"):
        render(Transcript((Segment("x", speaker="1"),)), format)


def test_speakers_are_needed_where_they_are_all_there_is() -> None:
    """rttm says who spoke when; without speakers it would say nothing."""
    with pytest.raises(UnsupportedFeatureError, match="speakers"):
        render(Transcript((Segment("x", 0, 5),)), "rttm")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "gb18030"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    """UTF-8, UTF-16 and the two East Asian encodings of old subtitle files come out right."""
    line = (
        "안녕하세요 여러분 반갑습니다 오늘은 날씨가 좋습니다"
        if encoding == "cp949"
        else "今天天气很好我们去公园散步吧大家好"
    )
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n in range(1, 6))
    assert texts(read(text.encode(encoding), name="a.srt")) == [line] * 5


def test_another_encoding_is_named() -> None:
    """A file in none of them is refused with a guess at what it is."""
    text = "1\n00:00:01,000 --> 00:00:02,000\nПривет, как дела у тебя сегодня вечером? Хорошо, спасибо большое.\n"
    with pytest.raises(InvalidTranscriptError, match="UTF-8, UTF-16, CP949 and GB18030"):
        read(text.encode("cp1251"), name="a.srt")


BAD = {
    "srt backwards": ("srt", "1\n00:00:05,000 --> 00:00:02,000\nx\n", "Line 2: the cue ends before it starts"),
    "srt negative": ("srt", "1\n-00:00:05,000 --> 00:00:06,000\nx\n", "Line 2: a time is negative"),
    "srt without times": ("srt", "just text\n", "no line of times"),
    "vtt without header": ("vtt", "00:01.000 --> 00:02.000\nx\n", "Line 1: A WebVTT file begins"),
    "smi negative": ("smi", "<SAMI>\n<SYNC Start=-5><P>x", "Line 2: a time is negative"),
    "smi of nothing": ("smi", "hello", "no <SYNC"),
    "csv without text": ("csv", "start_ms,end_ms\n1,2\n", "Line 1: no column is named text"),
    "csv uneven": ("csv", "start_ms,text\n1,x,y\n", "Line 2: 3 cells"),
    "csv words for times": ("csv", "start_ms,text\nsoon,x\n", "Line 2: a time or channel"),
    "csv confidence": ("csv", "confidence,text\n7,x\n", "Line 2: a confidence lies outside"),
    "tsv columns": ("tsv", "a\tb\n", "Line 1: no column is named text"),
    "csv backwards": ("csv", "start,end,text\n\n1.5,1.0,x\n", "Line 3: the segment ends before it starts"),
    "tsv backwards": ("tsv", "start\tend\ttext\n5\t2\tx\n", "Line 2: the segment ends before it starts"),
    "csv frames": ("csv", "start,end,text\n00:00:01:12,00:00:02:00,x\n", "Line 2: a time is neither"),
    "ctm short": ("ctm", "a 1 0.1 0.2\n", "Line 1: 4 columns"),
    "ctm second recording": ("ctm", "a 1 0.1 0.2 x\nb 1 0.1 0.2 x\n", "Line 2: the lines of a second recording"),
    "ctm nan": ("ctm", "a 1 nan 0.2 x\n", "Line 1: a time"),
    "stm backwards": ("stm", "a 1 s 2.0 1.0 x\n", "Line 1: the segment ends"),
    "rttm words": ("rttm", "SPEAKER a 1 x 1 <NA> <NA> s <NA> <NA>\n", "Line 1: a time"),
    "audacity": ("audacity", "0.1 0.2 x\n", "Line 1: a time"),
    "textgrid": ("textgrid", "File type = hello", "no TextGrid"),
    "ass": ("ass", "\0\0", "zero bytes"),
    "whisper": ("whisper", "3", "no verbose JSON"),
    "whisper list": ("whisper", "[1, 2]", r"segments\[0\] has no text"),
    "whisper segment": ("whisper", '{"text": "", "segments": [{"start": 1}]}', r"segments\[0\] has no text"),
    "json": ("json", '{"format": "earwitness.transcript/1", "segments": 3}', "segments"),
}


@pytest.mark.parametrize("case", [*BAD])
def test_a_broken_file_is_told_with_its_place(case: str) -> None:
    """What is wrong, and the line where it stands; never the text."""
    format, text, message = BAD[case]
    with pytest.raises(InvalidTranscriptError, match=message):
        read(text.encode(), format=format)


@given(
    st.sampled_from([*readers()]), st.binary(max_size=80) | st.text(max_size=80).map(str.encode), st.integers(0, 200)
)
@example("csv", b"0", 24)  # names of speakers, and no column of speakers
def test_damaged_files_raise_only_our_error(format: str, junk: bytes, place: int) -> None:
    """Bytes of any kind, in the middle of a good file or alone, are read or refused."""
    good = render(TALK, format).encode()
    for data in (junk, good[:place] + junk + good[place:], good[:place]):
        try:
            assert isinstance(read(data, format=format), Transcript)
        except InvalidTranscriptError as error:
            assert "Good" not in str(error)


def test_speech_in_angle_brackets_is_no_condition() -> None:
    """What stands first in a stm and looks like the conditions of its segment is read back as it was said."""
    odd = Transcript((Segment("<o,f0,male> said", 0, 900, channel=0),))
    assert again(odd, "stm").segments == odd.segments


def test_order_of_time_is_mended_and_told() -> None:
    """Cues in another order are sorted, and a notice says so."""
    found = read(b"1\n00:00:05,000 --> 00:00:06,000\nb\n\n2\n00:00:01,000 --> 00:00:02,000\na\n", name="x.srt")
    assert texts(found) == ["a", "b"] and [one.kind for one in found.notices] == ["repaired"]


def test_huge_and_unknown_files_are_refused() -> None:
    """No subtitle file has 64 MiB, and what looks like nothing we know is named as that."""
    with pytest.raises(InvalidTranscriptError, match=r"This has 64\.1 MiB; at most 64 MiB are read"):
        read(bytes(MAX_BYTES + 1))
    with pytest.raises(InvalidTranscriptError, match="none of the formats"):
        read(b"\x00\x01\x02", name="a.doc")
    with pytest.raises(InvalidRequestError, match="'doc' cannot be read"):
        read(b"", format="doc")


@pytest.mark.parametrize(
    ("cues", "text", "times"),
    [
        (
            srt.cues,
            "1\n00:00:05,000 --> 00:00:02,000\nx\n\n2\n-00:00:01,000 --> 00:00:03,000\ny\n",
            [(5000, 2000), (-1000, 3000)],
        ),
        (smi.cues, "<SYNC Start=5000><P>x<SYNC Start=2000><P>y<SYNC Start=-5><P>", [(5000, 2000), (2000, -5)]),
    ],
)
def test_a_lenient_caller_keeps_cues_with_impossible_times(
    cues: Callable[..., Iterator[Segment]], text: str, times: list[tuple[int, int]]
) -> None:
    """Whoever has paid for the text gets its cues with the times as they are written; a file is refused."""
    found = list(cues(text, strict=False))
    assert [(one.text, one.start_ms, one.end_ms) for one in found] == [("x", *times[0]), ("y", *times[1])]
    with pytest.raises(InvalidTranscriptError):
        list(cues(text))


def test_a_last_cue_without_an_end_is_shown_for_a_moment() -> None:
    """Most SAMI files do not say when the last cue ends; it is given three seconds, and marked as worked out."""
    found = read("<SAMI><BODY><SYNC Start=1000><P>안녕<SYNC Start=2000><P>잘가".encode(), name="a.smi")
    assert times(found) == [(1_000, 2_000), (2_000, 5_000)] and found.segments[-1].derived == ("end_ms",)
    assert "잘가" in render(found, "srt")


def test_youtubes_webvtt_keeps_its_words() -> None:
    """A cue that begins with a line of one blank, and a line of times without an empty one before it."""
    found = read(
        b"WEBVTT\n\n00:00.000 --> 00:02.000 align:start\n \nhello<00:00:00.500><c> world</c>\n"
        b"00:02.000 --> 00:03.000\nnext\n"
    )
    assert texts(found) == ["hello world", "next"]
    assert [(w.text, w.start_ms) for w in words(found)] == [("hello", 0), ("world", 500)]


def test_voices_of_one_cue_are_told_apart() -> None:
    """Each voice of a cue is a segment with its times."""
    found = read(b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>Hi.\n<v Bob>Hello.\n")
    assert [(one.speaker, one.text, one.end_ms) for one in found.segments] == [
        ("Ann", "Hi.", 2_000),
        ("Bob", "Hello.", 2_000),
    ]


def test_times_typed_by_hand() -> None:
    """Thousandths may be missing; what only looks like a line of times is named and never becomes speech."""
    assert times(read(b"1\n00:00:01 --> 00:00:02\nHi\n")) == [(1_000, 2_000)]
    with pytest.raises(InvalidTranscriptError, match="Line 6: this looks like a line of times"):
        read(b"1\n00:00:01,000 --> 00:00:02,000\nHi\n\n2\n0:0:7,5 -> 0:0:8,5\nthere\n", name="a.srt")


WHISPERS = {
    "words beside": {
        "text": "Hi there.",
        "duration": "2.5",
        "segments": [{"start": 0, "end": 1, "text": " Hi"}, {"start": 1, "end": 2, "text": " there."}],
        "words": [{"word": "Hi", "start": 0.1, "end": 0.5}, {"word": "there", "start": 1.1, "end": 1.9}],
    },
    "words alone": {
        "text": "Hi there.",
        "words": [{"word": "Hi", "start": 0.1, "end": 0.5}, {"word": "there", "start": 1.1, "end": 1.9}],
    },
    "segments alone": {
        "segments": [
            {
                "start": 0,
                "end": 2,
                "text": "Hi there.",
                "words": [
                    {"word": "Hi", "start": 0.1, "end": 0.5, "score": 0.5},
                    {"word": "there", "start": 1.1, "end": 1.9},
                ],
            }
        ]
    },
    "a list": [
        {
            "start": 0,
            "end": 2,
            "text": "Hi there.",
            "words": [{"word": "Hi", "start": 0.1}, {"word": "there", "start": 1.1}],
        }
    ],
}


@pytest.mark.parametrize("form", [*WHISPERS])
def test_every_form_of_whispers_json_keeps_its_words(form: str) -> None:
    """OpenAI's answers, WhisperX and dumps of faster-whisper: words and their times come through."""
    found = read(json.dumps(WHISPERS[form]).encode())
    assert found.text == "Hi there."
    assert [(w.text, w.start_ms) for w in words(found)] == [("Hi", 100), ("there", 1_100)]
    assert form != "words beside" or (found.duration_ms == 2_500 and len(found.segments[0].words) == 1)


CHINESE = [
    "今天我们开会",
    "好的",
    "你好",
    "谢谢你们的帮助",
    "我不知道你在说什么",
    "他是谁?",
    "请问现在几点了",
    "没有问题",
]
KOREAN = [
    "안녕하세요 여러분",
    "네",
    "그래요",
    "오늘은 날씨가 좋습니다",
    "뭐라고 했어요?",
    "고마워요",
    "이제 시작합니다",
    "아니요, 괜찮아요",
]


@pytest.mark.parametrize(
    ("encoding", "said"), [*(("gb18030", one) for one in CHINESE), *(("cp949", one) for one in KOREAN)]
)
def test_one_short_cue_tells_its_encoding(encoding: str, said: str) -> None:
    """A few characters are enough, also among hundreds of cues in English; nothing is read as the other language."""
    english = "".join(f"{n}\n00:00:{n % 60:02},000 --> 00:00:{n % 60:02},500\nHello again\n\n" for n in range(1, 60))
    cue = f"60\n00:01:01,000 --> 00:01:02,000\n{said}\n\n"
    assert texts(read(cue.encode(encoding), name="a.srt")) == [said]
    assert texts(read((english + cue).encode(encoding), name="a.srt"))[-1] == said


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("euc-jp", "今日はいい天気ですね"),
        ("shift-jis", "おはようございます、皆さん"),
        ("cp1252", "Où êtes-vous, élève préféré ?"),
    ],
)
def test_other_encodings_are_never_read_as_nonsense(encoding: str, said: str) -> None:
    """What is in none of the known encodings is refused, however well its bytes could be decoded."""
    cue = f"1\n00:01:01,000 --> 00:01:02,000\n{said}\n\n"
    with pytest.raises(InvalidTranscriptError, match="UTF-8, UTF-16, CP949 and GB18030"):
        read(cue.encode(encoding), name="a.srt")


def test_one_language_of_a_sami_file_is_read() -> None:
    """Of a film in two languages the first is read with its own times, and the other is told of."""
    text = (
        "<SAMI><BODY><SYNC Start=1000><P Class=KRCC>안녕<P Class=ENCC>Hello\n<SYNC Start=1500><P Class=ENCC>Again\n"
        "<SYNC Start=2000><P Class=KRCC>&nbsp;<P Class=ENCC>&nbsp;</BODY></SAMI>"
    )
    found = read(text.encode(), name="a.smi")
    assert texts(found) == ["안녕"] and times(found) == [(1_000, 2_000)]
    assert [(one.kind, one.count) for one in found.notices] == [("incomplete", 1)]


def test_words_over_each_other_come_back_from_a_textgrid() -> None:
    """Words that overlap stand in several tiers and are one segment's again, in order."""
    said = tuple(Word(text, start, end) for text, start, end in (("a", 0, 500), ("b", 400, 800), ("c", 600, 900)))
    back = again(Transcript((Segment("a b c", 0, 900, said),)), "textgrid")
    assert [(w.text, w.start_ms, w.end_ms) for w in words(back)] == [(w.text, w.start_ms, w.end_ms) for w in said]


def test_a_blank_word_is_no_line_of_ctm() -> None:
    """A word of blanks would be a line with a column too few."""
    assert render(Transcript((Segment("a", 0, 9, (Word("\u3000", 0, 3), Word("a", 3, 9))),)), "ctm").count("\n") == 1

"""Every output format is readable by the programs that people use, and loses nothing that it can hold."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness._cutting import wrapped
from earwitness.editing import resegment
from earwitness.errors import InvalidRequestError, UnsupportedFeatureError
from earwitness.export import Exporter, cells, exporters, render
from earwitness.models import Segment, ServedBy, Speaker, Transcript, Word
from support.transcripts import spoken

av = pytest.importorskip("av")

EMPTY = Transcript()
FIELDS = Transcript(
    (
        Segment("Good morning.", 0, 1500, speaker="1"),
        Segment("How are you?", 1600, 2500, speaker="1"),
        Segment("안녕하세요", 2600, 3600, speaker="2"),
        Segment("שלום עולם", 3_700_000, 3_701_001, speaker="1"),
    ),
    (Speaker("1", "Ann"), Speaker("2")),
)


def read_by_ffmpeg(text: str, format: str) -> list[tuple[int, int, str]]:
    """Start, end and raw text of every cue, as FFmpeg's own reader finds them."""
    with av.open(io.BytesIO(text.encode()), format={"srt": "srt", "vtt": "webvtt"}[format]) as container:
        stream = container.streams.subtitles[0]
        unit = float(stream.time_base) * 1000
        packets = [packet for packet in container.demux(stream) if packet.size]
        return [(round(p.pts * unit), round((p.pts + p.duration) * unit), bytes(p).decode()) for p in packets]


def shown_by_ffmpeg(text: str) -> list[str]:
    """What FFmpeg's decoder would put on the screen for each cue of a WebVTT file."""
    with av.open(io.BytesIO(text.encode()), format="webvtt") as container:
        stream = container.streams.subtitles[0]
        events = [event for packet in container.demux(stream) if packet.size for event in packet.decode()]
        rects = [rect for event in events for rect in getattr(event, "rects", [event])]
        return [rect.dialogue.decode() for rect in rects]


def test_every_format_has_a_name_and_a_suffix_of_its_own() -> None:
    """The formats stand under their own names, and no two write files of one suffix."""
    found = exporters()
    assert [*found][:4] == ["txt", "json", "srt", "vtt"] and all(one.name == name for name, one in found.items())
    assert len({one.suffix for one in found.values()}) == len(found)


def test_an_unknown_format_names_those_that_exist() -> None:
    """Asking for a format that is not there lists the ones that are, plugins' formats included."""
    loud = Exporter("loud", ".loud", "text/plain", lambda transcript: transcript.text.upper())
    with pytest.raises(InvalidRequestError, match=r"txt, json, srt, vtt, .*, loud"):
        render(EMPTY, "doc", more={"loud": loud})
    assert render(FIELDS, "loud", more={"loud": loud}).startswith("GOOD MORNING.")


def test_a_plugin_cannot_replace_a_built_in_format() -> None:
    """A format of a plugin never hides one of ours."""
    impostor = Exporter("txt", ".txt", "text/plain", lambda transcript: "mine")
    assert render(FIELDS, "txt", more={"txt": impostor}) != "mine"


def test_silence_is_an_empty_but_valid_file() -> None:
    """A transcript without segments is written in every format, and read back as nothing said."""
    assert render(EMPTY, "txt") == ""
    assert render(EMPTY, "srt") == ""
    assert render(EMPTY, "vtt") == "WEBVTT\n"
    assert Transcript.from_json(render(EMPTY, "json")) == EMPTY
    assert read_by_ffmpeg(render(EMPTY, "vtt"), "vtt") == []


def test_blank_segments_are_silence_in_text_formats() -> None:
    """Segments of blanks only make no paragraph and no cue, and need no times."""
    blank = Transcript((Segment("  "), Segment("")))
    assert (render(blank, "txt"), render(blank, "srt"), render(blank, "vtt")) == ("", "", "WEBVTT\n")


def test_json_loses_nothing() -> None:
    """What json wrote is the same transcript when it is read."""
    assert Transcript.from_json(render(FIELDS, "json")) == FIELDS
    assert "안녕하세요" in render(FIELDS, "json")


def test_txt_names_each_speaker_once_per_turn() -> None:
    """Two segments of one speaker are one paragraph with one name; the name given wins over the vendor's label."""
    assert render(FIELDS, "txt") == ("Ann: Good morning. How are you?\n\n2: 안녕하세요\n\nAnn: שלום עולם\n")


def test_txt_begins_a_paragraph_after_a_pause() -> None:
    """Two seconds of silence end a paragraph, less does not, and an unknown time never does."""
    segments = (Segment("a", 0, 1000), Segment("b", 2999, 4000), Segment("c", 6000, 7000), Segment("d"))
    assert render(Transcript(segments), "txt") == "a b\n\nc d\n"


def test_txt_joins_scripts_without_blanks() -> None:
    """Chinese segments are joined without a blank."""
    assert render(Transcript((Segment("今天天气"), Segment("很好"))), "txt") == "今天天气很好\n"


def test_channels_stand_for_speakers_where_nobody_is_named() -> None:
    """Where a recording has several channels and no speakers, the channel is the voice."""
    segments = (Segment("hello", 0, 1, channel=0), Segment("hi", 1, 2, channel=1))
    assert render(Transcript(segments), "txt") == "Channel 0: hello\n\nChannel 1: hi\n"
    assert render(Transcript(segments[:1]), "txt") == "hello\n"


@pytest.mark.parametrize("format", ["srt", "vtt"])
def test_ffmpeg_reads_the_times_and_texts(format: str) -> None:
    """FFmpeg finds every cue at its time, hours included, with Korean and Hebrew unchanged."""
    cues = read_by_ffmpeg(render(FIELDS, format), format)
    assert [cue[:2] for cue in cues] == [(0, 1500), (1600, 2500), (2600, 3600), (3_700_000, 3_701_001)]
    for (_, _, text), segment in zip(cues, FIELDS.segments, strict=True):
        assert segment.text in text


def test_hours_beyond_a_hundred_are_written() -> None:
    """A recording of more than 99 hours keeps its times."""
    late = Transcript((Segment("late", 400_000_000, 400_001_000),))
    assert read_by_ffmpeg(render(late, "srt"), "srt") == [(400_000_000, 400_001_000, "late")]
    assert read_by_ffmpeg(render(late, "vtt"), "vtt")[0][:2] == (400_000_000, 400_001_000)


def test_srt_names_a_speaker_where_the_turn_begins() -> None:
    """The name stands before the first cue of a turn only."""
    texts = [text for _, _, text in read_by_ffmpeg(render(FIELDS, "srt"), "srt")]
    assert texts == ["Ann: Good morning.", "How are you?", "2: 안녕하세요", "Ann: שלום עולם"]


def test_vtt_carries_each_speaker_as_a_voice() -> None:
    """Each cue of a known speaker is a voice span, and a name cannot break out of its tag."""
    assert render(FIELDS, "vtt").count("<v Ann>") == 3
    odd = Transcript((Segment("x", 0, 1, speaker="1"),), (Speaker("1", "A > B & <C>\nD"),))
    assert "<v A &gt; B &amp; &lt;C&gt; D>x" in render(odd, "vtt")


HOSTILE = "a --> b <i>x</i> &amp; {\\an8} 00:01 --> 00:02\n\nNOTE this\r\n\u2028STYLE"


def test_vtt_escapes_what_would_be_markup() -> None:
    """Arrows, tags, ampersands and blank lines in speech come out of FFmpeg as they were said."""
    cues = render(Transcript((Segment(HOSTILE, 0, 1000), Segment("next", 1000, 2000))), "vtt")
    assert [cue[:2] for cue in read_by_ffmpeg(cues, "vtt")] == [(0, 1000), (1000, 2000)]
    body = cues.split("\n", 3)[3].partition("\n\n")[0]
    assert "-->" not in body and "<" not in body
    assert "a --> b <i>x</i> &amp; " in "".join(shown_by_ffmpeg(cues)).replace("\\N", " ")


def test_srt_keeps_hostile_text_in_one_cue() -> None:
    """SubRip has no escapes: the text stays as it is, but neither a blank line nor a time in it starts a new cue."""
    written = render(Transcript((Segment(HOSTILE, 0, 1000), Segment("next", 1000, 2000))), "srt")
    cues = read_by_ffmpeg(written, "srt")
    assert [cue[:2] for cue in cues] == [(0, 1000), (1000, 2000)]
    assert "a --> b <i>x</i> &amp; {\\an8}" in cues[0][2].replace("\n", " ")
    assert "00:01 ––> 00:02" in written.replace("\n", " ")


@pytest.mark.parametrize("format", ["srt", "vtt"])
def test_segments_without_times_are_refused_with_a_way_out(format: str) -> None:
    """Subtitles need times: the error counts what lacks them, names the vendor, and says which formats work."""
    segments = (Segment("timed", 0, 10), Segment("never said when"))
    with pytest.raises(UnsupportedFeatureError) as caught:
        render(Transcript(segments, served_by=ServedBy("acme")), format)
    told = str(caught.value)
    assert "acme gave no times for 1 of 2 segments" in told and format in told
    assert "txt or json" in told and "never" not in told


def test_words_lend_their_times_to_a_segment_without() -> None:
    """A segment whose own times are absent is shown from its first word to its last."""
    segment = Segment("one two", words=(Word("one", 100, 200), Word("two", 300, 450)))
    assert read_by_ffmpeg(render(Transcript((segment,)), "srt"), "srt") == [(100, 450, "one two")]


def test_cues_come_in_order_of_time() -> None:
    """Segments that a vendor gives channel by channel are shown in order of time."""
    segments = (Segment("later", 5000, 6000, speaker="a"), Segment("sooner", 0, 1000, speaker="a"))
    assert render(Transcript(segments), "srt").index("a: sooner") < render(Transcript(segments), "srt").index("\nlater")
    starts = [start for start, _, _ in read_by_ffmpeg(render(Transcript(segments), "vtt"), "vtt")]
    assert starts == [0, 5000]


@pytest.mark.parametrize("format", ["srt", "vtt"])
def test_an_instant_is_shown_for_a_moment(format: str) -> None:
    """A cue never ends when it starts: both formats want the end after the start."""
    cues = read_by_ffmpeg(render(Transcript((Segment("now", 7, 7),)), format), format)
    assert [cue[:2] for cue in cues] == [(7, 8)]


LONG = (
    "Well, the quick brown fox jumps over the lazy dog. And then, quite suddenly, the dog got up and said "
    "nothing at all, which was a surprise to everybody who had been there that afternoon."
)


@pytest.mark.parametrize("format", ["srt", "vtt"])
def test_a_long_segment_is_cut_at_words(format: str) -> None:
    """A long segment becomes cues of at most two lines of 42, each from its first word to its last, nothing lost."""
    cues = read_by_ffmpeg(render(Transcript((spoken(LONG),)), format), format)
    assert len(cues) > 1
    assert " ".join(text.replace("\n", " ") for _, _, text in cues) == LONG
    for start, end, text in cues:
        assert len(text.split("\n")) <= 2 and all(len(line) <= 42 for line in text.split("\n"))
        assert start % 400 == 0 and end % 400 == 300


def test_overlapping_speakers_stay_in_order_of_time() -> None:
    """Somebody who interrupts a long segment is shown between its cues, not after them."""
    both = Transcript((spoken(LONG), Segment("wait", 5000, 5400)))
    starts = [start for start, _, _ in read_by_ffmpeg(render(both, "vtt"), "vtt")]
    assert 5000 in starts[1:-1]
    shown = [line for line in render(both, "vtt").splitlines() if "-->" in line]
    assert shown == sorted(shown)


def test_a_cut_prefers_the_end_of_a_sentence() -> None:
    """The first cue of a long segment ends with its sentence where that lies in its second half."""
    first = read_by_ffmpeg(render(Transcript((spoken(LONG),)), "srt"), "srt")[0]
    assert first[2].replace("\n", " ") == "Well, the quick brown fox jumps over the lazy dog."


def test_a_cut_prefers_a_pause() -> None:
    """Without punctuation a pause in the second half decides."""
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    words = tuple(
        Word(word, n * 400 + 500 * (n >= 12), n * 400 + 390 + 500 * (n >= 12)) for n, word in enumerate(text.split())
    )
    segment = Segment(text, words[0].start_ms, words[-1].end_ms, words)
    first = read_by_ffmpeg(render(Transcript((segment,)), "srt"), "srt")[0]
    assert first[2].replace("\n", " ").endswith("twelve")


def test_wide_characters_count_twice() -> None:
    """A Chinese line holds 21 characters, is cut at its words' times, and no line begins with a full stop."""
    text = "今天天气很好，我们去公园散步吧。中午我们吃了很多好吃的东西，下午又去看了电影，电影很有意思，晚上回家休息。"
    said = [char for char in text if char not in "，。"]
    words = tuple(Word(char, n * 100, n * 100 + 100) for n, char in enumerate(said))
    cues = read_by_ffmpeg(render(Transcript((Segment(text, 0, len(said) * 100, words),)), "srt"), "srt")
    assert len(cues) > 1 and "".join(cue[2].replace("\n", "") for cue in cues) == text
    lines = [line for cue in cues for line in cue[2].split("\n")]
    assert max(map(cells, lines)) <= 42 and not any(line[0] in "，。" for line in lines)


def test_lines_keep_words_whole_where_the_vendor_tells_them() -> None:
    """A Chinese line ends between the vendor's words; without them it ends anywhere that no rule forbids."""
    said = ("今天", "天气", "很好", "我们", "去", "公园", "散步")
    words = tuple(Word(word, n * 300, n * 300 + 300) for n, word in enumerate(said))
    text = "今天天气很好，我们去公园散步。"
    assert wrapped(text, 6, words).split("\n") == ["今天", "天气", "很好，", "我们去", "公园", "散步。"]
    assert wrapped(text, 6).split("\n")[0] == "今天天"


@given(
    st.text(st.sampled_from("今天東京チャッーぁ。、「」（）！％1２A'한국…—"), min_size=1, max_size=40),
    st.integers(2, 12),
)
def test_no_line_begins_or_ends_where_it_may_not(text: str, width: int) -> None:
    """Nothing is lost, and no rule of Japanese or Chinese composition is broken, however narrow the screen."""
    lines = wrapped(text, width).split("\n")
    assert "".join(lines) == text
    for above, below in pairwise(lines):
        assert below[0] not in "ャッーぁ。、」）！％…" and above[-1] not in "「（"


def test_cues_begin_where_lines_may() -> None:
    """Words of single letters, as some vendors time them, are joined before they are cut."""
    text = "チャットサーバー12時Hello"
    words = tuple(Word(char, n * 100, n * 100 + 100) for n, char in enumerate(text))
    heard = Transcript((Segment(text, 0, 1_700, words),))
    cut = resegment(heard, line_cells=4, lines=1)
    assert [one.text for one in cut.segments] == ["チャッ", "ト", "サー", "バー", "12時", "Hello"]


def test_words_unlike_the_text_do_not_lose_text() -> None:
    """Where the vendor writes 12 for `twelve`, cuts fall only where word and text agree, and all text is shown."""
    text = "On 12 May 2024 we met at 5 pm near the old station, and nobody had expected that many people there."
    said = (
        "on twelve may twenty twenty four we met at five pm near the old station "
        "and nobody had expected that many people there"
    )
    words = tuple(Word(word, n * 100, n * 100 + 90) for n, word in enumerate(said.split()))
    cues = read_by_ffmpeg(render(Transcript((Segment(text, 0, 2500, words),)), "srt"), "srt")
    assert len(cues) == 2 and " ".join(cue[2].replace("\n", " ") for cue in cues) == text
    second = cues[1][2].split()[0].strip(",").lower()
    assert cues[1][0] == next(word.start_ms for word in words if word.text == second)


def test_no_time_is_invented() -> None:
    """A long segment without word times stays one cue with more lines."""
    cues = read_by_ffmpeg(render(Transcript((Segment(LONG, 0, 9000),)), "srt"), "srt")
    assert [cue[:2] for cue in cues] == [(0, 9000)] and cues[0][2].replace("\n", " ") == LONG


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
    | st.sampled_from("<>&-{}\\\n\r \t0123456789:,."),
    min_size=1,
    max_size=120,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 5_000)), max_size=6), st.sampled_from(["srt", "vtt"]))
def test_any_text_survives_foreign_reading(given_cues: list[tuple[str, int]], format: str) -> None:
    """Whatever is said, FFmpeg finds one cue per segment, at its times, and vtt's text unescapes to what was said."""
    segments = tuple(Segment(text, n * 10_000, n * 10_000 + length) for n, (text, length) in enumerate(given_cues))
    cues = read_by_ffmpeg(render(Transcript(segments), format), format)
    kept = [segment for segment in segments if segment.text.strip()]
    assert [start for start, _, _ in cues] == [segment.start_ms for segment in kept]
    if format == "vtt":
        for (_, _, text), segment in zip(cues, kept, strict=True):
            plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert re.sub(r"\s", "", plain) == re.sub(r"\s", "", segment.text)


@given(st.lists(st.text(st.sampled_from("ab.,今天。 é"), min_size=1, max_size=20), min_size=1, max_size=40))
def test_cutting_loses_no_character(pieces: list[str]) -> None:
    """However words and text differ, every character of the text is in exactly one cue, in order."""
    text = " ".join(pieces)
    words = tuple(Word(one.strip(" .,。") or "?", n * 100, n * 100 + 50) for n, one in enumerate(pieces))
    written = render(Transcript((Segment(text, 0, len(pieces) * 100, words),)), "srt")
    bodies = [block.split("\n", 2)[2] for block in re.split(r"\n\n(?=\d+\n)", written.rstrip("\n")) if block]
    assert re.sub(r"\s", "", "".join(bodies)) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("format", ["srt", "vtt", "smi", "ass"])
@pytest.mark.parametrize(
    "text", ["오늘은 날씨가 아주 좋습니다. 그래서 우리는 공원에 갔습니다.", "one two three four five six seven"]
)
def test_subtitles_fit_the_screen_that_is_asked_for(format: str, text: str) -> None:
    """`line_cells` and `lines` of `resegment` are also those of the lines that `render` writes."""
    words = tuple(Word(word, place * 200, place * 200 + 200) for place, word in enumerate(text.split()))
    long = Transcript((Segment(text, 0, len(words) * 200, words),))
    written = render(resegment(long, line_cells=14, lines=2), format, line_cells=14, lines=2)
    assert written == render(long, format, line_cells=14, lines=2)
    shown = [line for cue in reread(written, format) for line in cue]
    assert max(map(cells, shown)) <= 14 and max(map(len, reread(written, format))) == 2
    assert " ".join(shown) == text


def reread(written: str, format: str) -> list[list[str]]:
    """The lines of each cue that shows something."""
    if format == "smi":
        found = re.findall(r"<P Class=\w+>(.*)", written)
        return [one.split("<br>") for one in found if one != "&nbsp;"]
    if format == "ass":
        return [one.split("\\N") for one in re.findall(r"^Dialogue: (?:[^,]*,){9}(.*)", written, re.MULTILINE)]
    return [one.split("\n") for one in re.findall(r" --> .*\n((?:.+\n)+)", written) for one in [one.strip()]]


@pytest.mark.parametrize(("format", "size"), [("csv", (20, 2)), ("srt", (1, 2)), ("srt", (20, 0))])
def test_a_screen_that_holds_nothing_is_refused(format: str, size: tuple[int, int]) -> None:
    """And so is one for a format that is not shown on any."""
    with pytest.raises(InvalidRequestError, match="cannot be laid out"):
        render(FIELDS, format, line_cells=size[0], lines=size[1])

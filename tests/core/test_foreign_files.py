"""Files of other programs are read as those programs mean them, and what is left out of one is told."""

from __future__ import annotations

import pytest

from earwitness.errors import InvalidTranscriptError
from earwitness.export import render
from earwitness.models import Segment, Transcript, Word
from earwitness.reading import read

KOREAN = "안녕하세요 여러분 오늘은 날씨가 좋습니다"


def lines(transcript: Transcript) -> list[tuple[int | None, int | None, str]]:
    return [(one.start_ms, one.end_ms, one.text) for one in transcript.segments]


def told(transcript: Transcript) -> list[tuple[str, int]]:
    return [(one.message, one.count) for one in transcript.notices]


TABLES = {
    "seconds": "start,end,text\n0.5,1.5,one\n2,3,two\n",
    "another order and case": "Text,END,Start\none,1.5,0.5\ntwo,3,2\n",
    "Excel with commas": "Start;End;Text\n0,5;1,5;one\n2;3;two\n",
    "Excel with its hint": "sep=;\nStart;End;Text\n0,5;1,5;one\n2,0;3,0;two\n",
    "empty rows": ",,\nstart,end,text\n,,\n0.5,1.5,one\n,,\n,,\n2.0,3.0,two\n,,\n",
    "clock times": "Start Time,End Time,Text\n00:00:00.500,00:00:01.500,one\n0:02,0:03,two\n",
    "units in the names": "start (ms),end (s),text\n500,1.5,one\n2000,3,two\n",
    "lengths": "begin,duration,text\n0.5,1,one\n2,1.0,two\n",
    "tabs in seconds": "Start\tEnd\tText\n0.5\t1.5\tone\n2.0\t3.0\ttwo\n",
    "Whisper's tabs": "start\tend\ttext\n500\t1500\tone\n2000\t3000\ttwo\n",
    "bars": "start_ms|end_ms|text\n500|1500|one\n2000|3000|two\n",
    "Korean": "시작,종료,내용\n0.5,1.5,one\n2.0,3.0,two\n",
}


@pytest.mark.parametrize("case", [*TABLES])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_keep_their_times(case: str, encoding: str) -> None:
    """Whatever the columns are called and measured in, the times come out right, and nothing needs to be told."""
    heard = read(TABLES[case].replace("\n", "\r\n").encode(encoding))
    assert (lines(heard), told(heard)) == ([(500, 1_500, "one"), (2_000, 3_000, "two")], [])


@pytest.mark.parametrize(
    ("rows", "times", "unit"),
    [
        ("0,5,a\n5,9,b\n", [(0, 5_000, "a"), (5_000, 9_000, "b")], "seconds"),
        ("0,5000,a\n5100,9000,b\n", [(0, 5_000, "a"), (5_100, 9_000, "b")], "milliseconds"),
    ],
)
def test_whole_numbers_are_measured_by_their_size(rows: str, times: list[tuple[int, int, str]], unit: str) -> None:
    """Where a table does not say whether it counts seconds or milliseconds, how it was read is told."""
    heard = read(f"start,end,text\n{rows}".encode())
    assert lines(heard) == times
    assert told(heard) == [(f"The file does not say in what its times are measured; they were read as {unit}.", 1)]


def test_columns_without_a_place_are_told() -> None:
    """What a table holds beyond a transcript is counted, and speakers are found under the names of others."""
    heard = read(f"index;시작;종료;화자;내용\n1;0,5;1,5;보라;{KOREAN}\n".encode("cp949"))
    assert lines(heard) == [(500, 1_500, KOREAN)] and heard.segments[0].speaker == "보라"
    assert told(heard) == [("Columns were left out that no transcript has.", 1)]


@pytest.mark.parametrize("prose", ["We saw text, and more\nof it, too\n", "text, ok\nfoo, bar\n", "text\n"])
def test_prose_is_no_table(prose: str) -> None:
    """A sentence with the word text and a comma in it is not taken for a csv."""
    with pytest.raises(InvalidTranscriptError, match="none of the formats"):
        read(prose.encode())


SUBTITLES = {
    "double spaced": "1\n\n00:00:01,000 --> 00:00:02,000\n\nRoom 5\n\n\n2\n\n00:00:03,000 --> 00:00:04,000\n\n42\n",
    "without numbers": "00:00:01,000 --> 00:00:02,000\nRoom 5\n\n00:00:03,000 --> 00:00:04,000\n42\n",
    "without hours": "1\n00:01,000 --> 00:02,000\nRoom 5\n\n2\n00:03,000 --> 00:04,000\n42\n",
    "blanks in times": "1\n00: 00: 01, 000 --> 00: 00: 02, 000\nRoom 5\n\n2\n00: 00: 03, 000 --> 00: 00: 04, 000\n42\n",
    "places and styles": "1\n00:00:01,000 --> 00:00:02,000  X1:1 Y1:2\n{\\an8}<i>Room</i> <font color='red'>5</font>\n"
    "\n2\n00:00:03,000 --> 00:00:04,000\n42\n",
    "dots": "1\n00:00:01.000 --> 00:00:02.000\nRoom 5\n\n2\n00:00:03.000 --> 00:00:04.000\n42\n",
}


@pytest.mark.parametrize("case", [*SUBTITLES])
@pytest.mark.parametrize("form", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "carriage returns"])
def test_subtitles_of_every_hand_are_read(case: str, form: str) -> None:
    """The running numbers are no speech, and a spoken number is no running one, in any encoding and line end."""
    text = SUBTITLES[case]
    data = text.replace("\n", "\r").encode() if form == "carriage returns" else text.encode(form)
    assert lines(read(data)) == [(1_000, 2_000, "Room 5"), (3_000, 4_000, "42")]


def test_captions_that_roll_up_are_read_once() -> None:
    """YouTube shows each line again with the next one; it is one line of speech, with the times of its words."""
    heard = read(
        b"WEBVTT\nKind: captions\nLanguage: en\n\n"
        b"00:00:00.160 --> 00:00:02.149 align:start position:0%\n \nhello<00:00:00.480><c> everyone</c>\n\n"
        b"00:00:02.149 --> 00:00:02.159 align:start position:0%\nhello everyone\n \n\n"
        b"00:00:02.159 --> 00:00:04.470 align:start position:0%\nhello everyone\nto<00:00:02.480><c> you</c>\n\n"
        b"00:00:04.470 --> 00:00:04.480 align:start position:0%\nto you\n \n"
    )
    assert lines(heard) == [(160, 2_149, "hello everyone"), (2_159, 4_470, "to you")]
    assert [(word.text, word.start_ms) for word in heard.segments[1].words] == [("to", 2_159), ("you", 2_480)]
    assert told(heard) == [("Lines were left out that roll up from the cue before.", 3)]


def test_what_is_said_again_is_no_caption_that_rolls() -> None:
    """Speech that repeats itself is kept, also with the times of its words."""
    heard = read(
        b"WEBVTT\n\n00:00.000 --> 00:01.000\nno <00:00.500>no\n\n00:01.000 --> 00:02.000\nno <00:01.500>no\n\n"
        b"00:02.000 --> 00:03.000\nyes\n\n00:03.000 --> 00:04.000\nyes\n"
    )
    assert [one.text for one in heard.segments] == ["no no", "no no", "yes", "yes"] and heard.notices == ()


def test_a_spoken_arrow_is_no_time() -> None:
    """A line of text that looks a little like times stays text."""
    heard = read(b"1\n00:00:01,000 --> 00:00:02,000\na --> b\n5: 6 --> 7: 8\n")
    assert lines(heard) == [(1_000, 2_000, "a --> b 5: 6 --> 7: 8")]


def test_webvtt_with_everything_in_it() -> None:
    """Notes, styles and regions are passed over, marks of style taken out, readings of characters too."""
    heard = read(
        "WEBVTT - a title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:9\n\nSTYLE\n::cue { color: red }\n\n"
        "REGION\nid:fred\n\nNOTE not said\n\n1 - a name\n00:01.000 --> 00:04.000 line:0\n"
        "<v.loud Mary O'Brien>Hi &amp; <i>you</i> &lt;3 <ruby>漢<rt>kan</rt></ruby></v>\n\nNOTE end\n".encode()
    )
    assert lines(heard) == [(1_000, 4_000, "Hi & you <3 漢")] and heard.segments[0].speaker == "Mary O'Brien"


def test_a_korean_player_s_file() -> None:
    """SAMI in CP949 with CRLF, style, `&nbsp` without its semicolon and an `End` of its own."""
    text = (
        '<SAMI>\n<HEAD>\n<STYLE TYPE="text/css">\n<!--\n.KRCC { Name:Korean; lang:ko-KR; }\n-->\n</STYLE>\n</HEAD>\n'
        f"<BODY>\n<SYNC Start=1000><P Class=KRCC>\n<font color='red'>{KOREAN}</font><br>둘째 줄\n"
        "<SYNC Start=3000><P Class=KRCC>&nbsp\n<SYNC Start=6000 End=6500><P Class=KRCC>끝\n</BODY>\n</SAMI>\n"
    )
    heard = read(text.replace("\n", "\r\n").encode("cp949"))
    assert lines(heard) == [(1_000, 3_000, f"{KOREAN} 둘째 줄"), (6_000, 6_500, "끝")]


ASS = {
    "Aegisub": "[Script Info]\n; Script by Aegisub\nScriptType: v4.00+\n\n[Aegisub Project Garbage]\nLast: x\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\pos(1,2)\\k20}Hel{\\k30}lo\\Nthere\\hyou, yes\n"
    "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}\n",
    "SSA": "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n"
    "[Events]\nFormat: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: Marked=0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,Hello there you, yes\n",
}


@pytest.mark.parametrize("case", [*ASS])
def test_both_substation_alphas(case: str) -> None:
    """Karaoke, drawings and comments are no speech, and nothing is warned of."""
    heard = read(ASS[case].encode())
    assert lines(heard) == [(1_000, 2_500, "Hello there you, yes")] and heard.segments[0].speaker == "Ann"


def grid(*tiers: tuple[str, list[tuple[float, float, str]]], points: bool = False) -> bytes:
    """A TextGrid in the short form; `points` adds a tier of them."""
    body = [str(len(tiers) + points)]
    for name, intervals in tiers:
        body += ['"IntervalTier"', f'"{name}"', "0", "5", str(len(intervals))]
        body += [f'{start}\n{end}\n"{text}"' for start, end, text in intervals]
    body += ['"TextTier"', '"bell"', "0", "5", "1", "1.2", '"ding"'] if points else []
    return "\n".join(['File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n5\n<exists>', *body, ""]).encode()


def test_an_aligner_s_words_are_words() -> None:
    """Of the Montreal Forced Aligner's tiers the words are read, of each voice, and the phones told as left out."""
    heard = read(
        grid(
            ("Ann - words", [(0, 0.5, "sil"), (0.5, 1, "hello"), (1, 1.5, "there"), (3, 3.5, "again")]),
            ("Ann - phones", [(0, 0.5, "sil"), (0.5, 5, "HH")]),
            ("words", [(1, 2, "hi")]),
            ("phones", [(1, 2, "AY1")]),
        )
    )
    assert lines(heard) == [(500, 1_500, "hello there"), (1_000, 2_000, "hi"), (3_000, 3_500, "again")]
    assert [one.speaker for one in heard.segments] == ["Ann", None, "Ann"]
    assert [[word.text for word in one.words] for one in heard.segments] == [["hello", "there"], ["hi"], ["again"]]
    assert told(heard) == [("Tiers of phones or syllables were left out.", 2)]


def test_points_are_told_and_words_outside_are_kept() -> None:
    """A tier of points has no place; words that stand in no segment of their voice are segments of their own."""
    heard = read(grid(("Ann segments", [(0, 1, "one")]), ("Ann words", [(0, 1, "one"), (3, 4, "two")]), points=True))
    assert lines(heard) == [(0, 1_000, "one"), (3_000, 4_000, "two")]
    assert {one.speaker for one in heard.segments} == {"Ann"}
    assert told(heard) == [("Tiers of points were left out.", 1)]


def test_scoring_files_of_others() -> None:
    """Conditions of a stm are no speech, its tokens are; NeMo's ctm names kinds and speakers; rttm has other lines."""
    stm = read(
        b';; LABEL "o" "Overall" "x"\nrec 1 inter_segment_gap 0 1.2 <o,,unknown>\n'
        b"rec 1 excluded_region 0 1.2 <o,,unknown>\n"
        b"rec A Ann 1.2 3.4 <o,f0,male> hello there\nrec A Ann 3.4 4.0 <o,f0,male> ignore_time_segment_in_scoring\n"
        b"rec A Ann 4.0 5 <NA> <unk> yes\nrec B Ann 5.0 6 <o,f0,male>\n"
    )
    assert [one.text for one in stm.segments] == ["hello there", "<unk> yes", ""]
    assert [one.channel for one in stm.segments] == [0, 0, 1]
    ctm = read(b"rec 1 0.1 0.3 hello NA lex NA\nrec 1 0.4 0.3 there 1.00001 lex Ann\n")
    assert [(one.text, one.speaker) for one in ctm.segments] == [("hello", None), ("there", "Ann")]
    assert [word.confidence for one in ctm.segments for word in one.words] == [None, 1.0]
    rttm = read(b"SPKR-INFO rec 1 <NA> <NA> <NA> unknown Ann <NA>\nSPEAKER rec 1 6.7 0.8 <NA> <NA> Ann <NA>\n"
                b"LEXEME rec 1 6.7 0.2 hello lex Ann 0.9\n")  # fmt: skip
    assert [(one.start_ms, one.end_ms, one.speaker) for one in rttm.segments] == [(6_700, 7_500, "Ann")]
    assert told(rttm) == [("Lines that are neither SPEAKER nor SPKR-INFO were left out.", 1)]
    assert [dict(one.metadata) for one in (stm, ctm, rttm)] == [{"recording": "rec"}] * 3


WHISPERS = {
    "whisper.cpp": '{"result": {"language": "en"}, '
    '"transcription": [{"offsets": {"from": 0, "to": 1500}, "text": "Hi"}]}',
    "Hugging Face": '{"text": " Hi", "language": "en", "chunks": [{"timestamp": [0.0, 1.5], "text": " Hi"}]}',
    "OpenAI": '{"text": " Hi", "language": "en", "segments": [{"id": "seg_1", "start": 0, "end": 1.5, "text": "Hi"}]}',
}


@pytest.mark.parametrize("case", [*WHISPERS])
def test_the_jsons_of_whisper(case: str) -> None:
    """Each of the forms in which Whisper's answers are stored keeps text, times and language."""
    heard = read(WHISPERS[case].encode())
    assert (lines(heard), heard.detected_language) == ([(0, 1_500, "Hi")], "en")


@pytest.mark.parametrize(
    "label", ["0\t1\thello\n", "0,000\t1,000\thello\n", "0.000000\t1.000000\thello\n\\\t0\t8000\n"]
)
def test_labels_of_every_audacity(label: str) -> None:
    """Times are whole, or have a point or the comma of another country."""
    assert lines(read(label.encode())) == [(0, 1_000, "hello")]


@pytest.mark.parametrize("blank", ["\n", " \n", ";;\n"])
def test_a_file_that_begins_with_nothing_is_known_at_once(blank: str) -> None:
    """However many empty lines and comments stand first, looking at them takes no more than their number."""
    assert read((blank * 1_000 + "rec 1 0.1 0.3 hello 0.5\n").encode()).text == "hello"


OURS = '{"events": [%s], "format": "earwitness.transcript/%d", "segments": [{"text": "a", "start_ms": 5}]}'
MUSIC = ", ".join(f'{{"label": "music", "start_ms": {n}}}' for n in range(200))


def test_a_transcript_of_ours_is_no_whisper_s_in_whatever_order() -> None:
    """Keys that another program has sorted cost no time, and a later version is refused and not half read."""
    assert lines(read((OURS % (MUSIC, 1)).encode())) == [(5, None, "a")]
    with pytest.raises(InvalidTranscriptError, match="format"):
        read((OURS % ("", 2)).encode())


@pytest.mark.parametrize(
    "segment",
    [
        '{"text": "a", "start": 210, "end": 2070}',  # milliseconds
        '{"text": "a", "start": 0.2, "end": 2.1, "words": [[210, 660, "a"]]}',
    ],
)
def test_a_vendors_own_answer_is_no_whisper_s(segment: str) -> None:
    """Another vendor's JSON that has the same keys is refused, and not read with times a thousand times too late."""
    with pytest.raises(InvalidTranscriptError, match="Whisper's") as caught:
        read(f'{{"text": "a", "segments": [{segment}]}}'.encode())
    assert "--answer-of" in str(caught.value)


SRT = "1\n00:00:01,000 --> 00:00:02,000\n%s\n"
DAMAGED = {
    "a last character cut": ((SRT % KOREAN).encode()[:-2], "Line 3: the file is in UTF-8 and damaged here"),
    "seven bits": ((SRT % "안녕하세요").encode("iso2022_kr"), "The encoding is ISO-2022"),
    "Japanese": ((SRT % "こんにちは、今日はいい天気です").encode("euc_jp"), "it looks like euc_ji"),
}


@pytest.mark.parametrize("case", [*DAMAGED])
def test_an_encoding_is_named_for_what_it_is(case: str) -> None:
    """A damaged file is told with its line; another encoding is named, and never as one of those that are read."""
    data, sentence = DAMAGED[case]
    with pytest.raises(InvalidTranscriptError, match=sentence):
        read(data)


def test_utf_32_is_no_utf_16() -> None:
    """The mark of UTF-32 begins with that of UTF-16."""
    assert lines(read((SRT % KOREAN).encode("utf-32"))) == [(1_000, 2_000, KOREAN)]


DIALOGUE = (
    "[Script Info]\nComment: mine\n[Events]\nComment: 0,0:00:00.00,0:00:01.00,D,,0,0,0,,no\n\n"
    "Dialogue: 0,%s,0:00:02.00,D,,0,0,0,,hi\n"
)
GRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize = 1\nitem []:\n'
    '    item [1]:\n        class = "IntervalTier"\n        name = "Ann"\n        xmin = 0\n        xmax = 2\n'
    "        intervals: size = 1\n        intervals [1]:\n            xmin = %s\n            xmax = 2\n"
    '            text = "hi"\n'
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (DIALOGUE % "0:00:03.00", "Line 6: the dialogue ends before it starts"),
        (DIALOGUE % "-0:00:03.00", "Line 6: a time is negative"),
        (GRID % "5", "the interval at 5000 ms ends before it starts"),
        (OURS.replace("5}", "-5}") % ("", 1), r"segments\[0\]: a time .*\. Mend the file\.$"),
    ],
)
def test_impossible_times_are_told_to_who_has_the_file(data: str, sentence: str) -> None:
    """Where the time stands, and nothing about translations or functions of Python."""
    with pytest.raises(InvalidTranscriptError, match=sentence):
        read(data.encode())


def test_a_very_small_time_of_praat() -> None:
    """Praat writes 0.00005 as 5e-05, in both of its forms of text."""
    assert lines(read((GRID % "5e-05").encode())) == [(0, 2_000, "hi")]
    short = '"ooTextFile"\n"TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"Ann"\n0\n2\n1\n5e-05\n2\n"hi"\n'
    assert lines(read(short.encode(), format="textgrid")) == [(0, 2_000, "hi")]


def test_what_a_sami_file_comments_out_is_not_said() -> None:
    """Neither as a cue, nor by moving the line that a mistake is told with."""
    head = "<SAMI><BODY><!--\n<SYNC Start=1><P>no\n-->\n"
    heard = read(f"{head}<SYNC Start=1000><P>yes<SYNC Start=2000><P>&nbsp;".encode())
    assert lines(heard) == [(1_000, 2_000, "yes")]
    with pytest.raises(InvalidTranscriptError, match="Line 4: a time is negative"):
        read(f"{head}<SYNC Start=-5><P>yes".encode())


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好，我们去公园散步吧。然后，一起吃午饭，好不好？",
        "日本 東京 大阪 京都 名古屋 札幌 福岡 神戸 横浜 仙台 広島 川崎 千葉 埼玉",
        "안녕하세요 여러분 오늘은 날씨가 아주 좋습니다. 그래서 우리는 공원에 갔습니다.",
    ],
)
@pytest.mark.parametrize("format", ["srt", "vtt", "smi", "ass"])
def test_a_line_s_end_is_no_blank_in_chinese(text: str, format: str) -> None:
    """What was written in two lines is read as it was said: no blank comes into it, and none is lost."""
    written = render(Transcript((Segment(text, 0, 9_000),)), format)
    assert read(written.encode()).segments[0].text == text


def test_a_brace_that_nothing_closes_takes_no_time() -> None:
    """A long run of them is text, and is read at once: the library needs the square of their number."""
    braces = "{" * 1_000_000
    assert lines(read((DIALOGUE % "0:00:01.00").replace("hi", braces).encode())) == [(1_000, 2_000, braces)]


@pytest.mark.parametrize("format", ["srt", "vtt", "smi", "ass", "csv", "tsv", "stm", "ctm", "textgrid", "audacity"])
def test_a_zero_of_a_vendor_s_makes_no_file_unreadable(format: str) -> None:
    """A zero character in a text is left out where the file is text: readers refuse a file that holds one."""
    talk = Transcript((Segment("on\0e", 0, 900, (Word("on\0e", 0, 900),)),))
    assert lines(read(render(talk, format).encode(), format=format)) == [(0, 900, "one")]

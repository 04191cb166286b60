"""Data sets are read in the forms in which people keep them, with stable ids, and a broken line is named."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.compare.corpus import Corpus, Entrant, Result, Timing, Utterance
from earwitness.compare.reading import formats, read_corpus, read_results
from earwitness.compare.reading.results import written
from earwitness.errors import InvalidRequestError, InvalidTranscriptError
from earwitness.export import exporters
from earwitness.models import Answer, Segment, Transcript, Word

SHARED = Path(__file__).parents[3] / "shared" / "audio"
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


def texts(corpus: Corpus) -> dict[str, str | None]:
    return {one.id: None if one.reference is None else one.reference.text for one in corpus}


def heard(entrant: Entrant) -> dict[str, str]:
    return {id: one.transcript.text for id, one in entrant.results.items() if one.transcript is not None}


NEMO = """\
{"audio_filepath": "a/1.wav", "duration": 1.5, "text": "one", "lang": "en-us", "speaker": "Ann", "snr": 12}

{"audio_filepath": "talk.flac", "offset": 0.25, "duration": 2, "text": ""}
{"id": "own", "audio_filepath": "https://host.example/x.mp3", "text": null}
"""


def test_a_nemo_manifest_is_read_whole(write: Write, tmp_path: Path) -> None:
    """Every field has its place; an empty text is a reference without words, and no text is no reference."""
    one, cut, own = read_corpus(write("set.json", NEMO))
    assert (one.id, one.recording, one.speaker, one.language, one.duration_ms) == ("a/1", "a/1", "Ann", "en-US", 1500)
    assert one.audio == str(tmp_path / "a" / "1.wav") and one.tags == {"snr": "12"}
    assert one.reference is not None and one.reference.segments[0].speaker == "Ann"
    assert (cut.id, cut.recording, cut.offset_ms, cut.duration_ms) == ("talk@250", "talk", 250, 2000)
    assert cut.reference == Transcript()
    assert (own.id, own.reference, own.audio) == ("own", None, "https://host.example/x.mp3")


def test_one_line_may_be_longer_than_what_a_format_is_told_by(write: Write) -> None:
    """A recording of some hours is one line of a manifest, and a manifest of one line is not a transcript's JSON."""
    row = {"id": "talk", "pred_text": "자 " * 50_000}
    path = write("heard.jsonl", json.dumps(row, ensure_ascii=False))
    assert list(read_results(path).results) == ["talk"]


def test_ids_with_texts_are_a_manifest(tmp_path: Path) -> None:
    """What people write first, an id and a text in each line, is read without naming a format."""
    path = tmp_path / "heard.jsonl"
    path.write_text('{"id": "a", "text": "one two"}\n{"id": "b", "text": ""}\n', encoding="utf-8")
    corpus = read_corpus(path)
    assert [(one.id, one.reference and one.reference.text) for one in corpus] == [("a", "one two"), ("b", "")]


def test_what_was_heard_is_never_the_reference(write: Write) -> None:
    """A manifest with `pred_text` gives that, and nothing for a line without it: its reference is no answer."""
    path = write(
        "heard.jsonl",
        '{"audio_filepath": "1.wav", "text": "right", "pred_text": "wrong"}\n'
        '{"audio_filepath": "2.wav", "text": "right", "pred_text": ""}\n'
        '{"audio_filepath": "3.wav", "text": "right"}\n',
    )
    found = read_results(path)
    assert heard(found) == {"1": "wrong", "2": ""} and found.name == "heard"
    assert [one.delivery for one in found.results.values()] == ["delivered", "empty"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{oops", "Line 2: this is no JSON object"),
        ("[1]", "Line 2: this is no JSON object"),
        ('{"text": "a"}', "Line 2: there is neither audio_filepath nor id"),
        ('{"audio_filepath": "b.wav", "text": 1.5}', "Line 2: text is no text"),
        ('{"audio_filepath": "b.wav", "duration": -1}', "Line 2: duration is no number"),
        ('{"audio_filepath": "b.wav", "offset": true}', "Line 2: offset is no number"),
        ('{"audio_filepath": "b.wav", "offset": 1' + 400 * "0" + "}", "Line 2: offset is no number"),
        ('{"audio_filepath": "b.wav", "duration": NaN}', "Line 2: duration is no number"),
        ('{"audio_filepath": "\\ud800.wav"}', "Line 2: audio_filepath is no text"),
        ('{"audio_filepath": "b.wav", "text": "\\ud800"}', "Line 2: text is no text"),
        ('{"audio_filepath": "a.mp3"}', "Line 2: the id 'a' is that of Line 1 already"),
    ],
)
def test_a_broken_line_is_named_with_its_file(write: Write, line: str, told: str) -> None:
    """Who has 5,000 lines is told which one, and never what was said in it."""
    path = write("set.jsonl", f'{{"audio_filepath": "a.wav", "text": "secret"}}\n{line}\n')
    with pytest.raises(InvalidTranscriptError) as caught:
        read_corpus(path)
    assert caught.value.message.startswith(f"{path}: {told}") and "secret" not in str(caught.value)


def test_a_kaldi_folder_is_joined_from_its_files(write: Write, tmp_path: Path) -> None:
    """Text, speaker, language and the stretch of the recording meet; an utterance may wait for its text."""
    write("kaldi/text", "u1 hello there\nu2\n")
    write("kaldi/segments", "u1 rec 0.5 2.0\nu2 rec 2 -1\nu3 rec 3 4\n")
    write("kaldi/wav.scp", "rec audio/rec.wav\n")
    write("kaldi/utt2spk", "u1 ann\nu2 ben\n")
    write("kaldi/utt2lang", "u1 ko\n")
    one, two, three = read_corpus(tmp_path / "kaldi")
    assert one.reference is not None and one.reference.text == "hello there"
    assert (one.offset_ms, one.duration_ms, one.speaker, one.language) == (500, 1500, "ann", "ko")
    assert one.audio == str(tmp_path / "kaldi" / "audio" / "rec.wav") and one.recording == "rec"
    assert (two.reference, two.offset_ms, two.duration_ms) == (Transcript(), 2000, None)
    assert three.id == "u3" and three.reference is None


def test_a_pipe_is_never_run(write: Write, tmp_path: Path) -> None:
    """A recording that is a program is refused by file and line; for scoring alone nobody looks at it."""
    write("kaldi/text", "u1 hello\n")
    path = write("kaldi/wav.scp", f"u1 touch {tmp_path / 'ran'} |\n")
    with pytest.raises(InvalidTranscriptError, match=r"wav\.scp: Line 1: the recording is a pipe.*not run"):
        read_corpus(path.parent)
    assert not (tmp_path / "ran").exists()
    assert texts(read_corpus(path.parent, audio=False)) == {"u1": "hello"}


def test_common_voice_has_no_quotes(write: Write, tmp_path: Path) -> None:
    """A lone quotation mark is a character of the sentence, and does not swallow the lines behind it."""
    (tmp_path / "clips").mkdir()
    path = write(
        "test.tsv",
        "client_id\tpath\tsentence\tage\tlocale\n"
        'c1\tx_1.mp3\t"So what\t\tko\n'
        'c2\tx_2.mp3\tanswer" he said\tteens\tko\n',
    )
    one, two = read_corpus(path)
    assert texts(read_corpus(path)) == {"x_1": '"So what', "x_2": 'answer" he said'}
    assert (one.audio, one.speaker, one.language) == (str(tmp_path / "clips" / "x_1.mp3"), "c1", "ko")
    assert one.tags == {} and two.tags == {"age": "teens"}


def test_audiofolder_metadata_is_read_as_csv_and_jsonl(write: Write, tmp_path: Path) -> None:
    """Both forms say the same; csv has quotes, and the folder stands for its metadata."""
    write("c/metadata.csv", 'file_name,transcription\ndata/a.wav,"one, two"\n')
    write("j/metadata.jsonl", '{"file_name": "data/a.wav", "text": "one, two"}\n')
    for folder in ("c", "j"):
        (one,) = read_corpus(tmp_path / folder)
        assert (one.id, one.audio) == ("data/a", str(tmp_path / folder / "data" / "a.wav"))
        assert one.reference is not None and one.reference.text == "one, two"


def test_splits_with_metadata_of_their_own_are_one_data_set(write: Write, tmp_path: Path) -> None:
    """Names count from the split's folder; links and hidden folders are left aside; a split's line is named."""
    for split, name in (("test", "1.wav"), ("train", "a/1.wav"), (".cache", "1.wav")):
        write(f"set/{split}/metadata.csv", f"file_name,transcription\n{name},{split}\n")
    (tmp_path / "set" / "again").symlink_to("train")
    corpus = read_corpus(tmp_path / "set")
    assert texts(corpus) == {"test/1": "test", "train/a/1": "train"}
    assert corpus.utterances["train/a/1"].audio == str(tmp_path / "set" / "train" / "a" / "1.wav")
    write("set/train/metadata.csv", "file_name,transcription\na,b,c\n")
    with pytest.raises(InvalidTranscriptError, match=r"train.metadata\.csv: Line 2: 3 cells"):
        read_corpus(tmp_path / "set")


@pytest.mark.parametrize(
    "text",
    [
        '[{"audio_filepath": "a.wav", "text": "x"}]',
        '{\n "audio_filepath": "a.wav",\n "text": "x"\n}',
        '\ufeff{"audio_filepath": "a.wav", "text": "x"},\n{"audio_filepath": "b.wav", "text": "x"}\n',
    ],
)
def test_a_manifest_that_is_not_one_object_a_line_is_not_taken_for_a_transcript(write: Write, text: str) -> None:
    """A list, an indented object and commas are told by their line, and never read as one transcript."""
    with pytest.raises(InvalidTranscriptError, match=r"Line 1: this is no JSON object, of which each line has one"):
        read_corpus(write("set.json", text))


def test_a_first_line_longer_than_what_is_looked_at_is_read(write: Write) -> None:
    """An hour's text in the first line of a manifest does not hide what it is."""
    lines = [json.dumps({"audio_filepath": name, "text": "so " * 30_000}) for name in ("a.wav", "b.wav")]
    assert list(read_corpus(write("set.jsonl", "\n".join(lines))).utterances) == ["a", "b"]


STM = """\
;; comment
talk1 1 ann 0.0 1.0 <o,f0> good morning
talk1 1 ben 1.2 2.0 hello
talk1 B cat 0.1 0.5 aside
talk2 A dan 0.0 1.0 alone
"""


def test_an_stm_file_holds_many_recordings(write: Write) -> None:
    """One utterance for each channel of a recording, its turns with times and speakers inside it."""
    corpus = read_corpus(write("ref.stm", STM))
    assert texts(corpus) == {"talk1": "good morning hello", "talk1:2": "aside", "talk2": "alone"}
    first = corpus.utterances["talk1"]
    assert first.reference is not None and first.recording == corpus.utterances["talk1:2"].recording == "talk1"
    assert [(one.speaker, one.start_ms, one.end_ms) for one in first.reference.segments] == [
        ("ann", 0, 1000),
        ("ben", 1200, 2000),
    ]
    assert first.speaker is None and corpus.utterances["talk2"].speaker == "dan"


def test_the_line_of_a_broken_recording_is_that_of_the_file(write: Write) -> None:
    """Recordings are read one by one, and the error still counts the file's own lines."""
    with pytest.raises(InvalidTranscriptError, match="Line 5: a time"):
        read_corpus(write("ref.stm", STM.replace("dan 0.0", "dan noon")))
    with pytest.raises(InvalidTranscriptError, match="Line 2: 3 columns"):
        read_corpus(write("ref.stm", "talk1 1 ann 0.0 1.0 hi\ntalk2 1 ann\n"), format="stm")


def test_ctm_and_rttm_hold_many_recordings_too(write: Write) -> None:
    """Words with times, and turns without words."""
    ctm = read_results(write("heard.ctm", "a 1 0.0 0.5 hello 0.9\nb 1 0.1 0.2 you\na 1 0.5 0.5 world\n"))
    assert heard(ctm) == {"a": "hello world", "b": "you"}
    rttm = read_results(write("x.rttm", "SPEAKER a 1 0.0 1.0 <NA> <NA> ann <NA> <NA>\n"))
    assert rttm.results["a"].delivery == "delivered"  # of who speaks when


def test_seglst_is_grouped_by_session(write: Write) -> None:
    """Each session is one utterance with its turns in order of time; a wrong entry is counted from 1."""
    turns = [
        {"session_id": "s1", "start_time": 2, "end_time": "3.5", "words": "later", "speaker": "B"},
        {"session_id": "s1", "start_time": 0.0, "end_time": 1, "words": "first", "speaker": "A"},
        {"session_id": "s2", "words": "", "speaker": 7},
    ]
    corpus = read_corpus(write("ref.json", json.dumps(turns)))
    assert texts(corpus) == {"s1": "first later", "s2": ""}
    del turns[1]["session_id"]
    with pytest.raises(InvalidTranscriptError, match="entry 2: there is no session_id"):
        read_corpus(write("ref.json", json.dumps(turns)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.trn", "hello world (u-1)\n(u-2)\n"),
        ("transcription", "hello world (u-1)\n (u-2)\n"),
        ("x.txt", "u-1\thello world\nu-2\t\n"),
        ("x.tsv", "u-1\thello world\nu-2\n"),
        ("x.tsv", "utt_id\ttranscript\nu-1\thello world\nu-2\t\n"),
        ("text", "u-1 hello world\nu-2\n"),
    ],
)
def test_lists_of_ids_and_texts_keep_empty_answers(write: Write, name: str, text: str) -> None:
    """An id without a word is an empty answer, which other tools lose."""
    found = read_results(write(name, text))
    assert heard(found) == {"u-1": "hello world", "u-2": ""}
    assert found.results["u-2"].delivery == "empty"


def test_a_folder_has_one_file_for_each_recording(write: Write, tmp_path: Path) -> None:
    """Transcripts of all formats and plain texts; a recording without one has no reference, which is legal."""
    said = Transcript((Segment("hello", 0, 900, (Word("hello", 0, 900),)),), duration_ms=1000)
    known = exporters()
    for name in ("srt", "textgrid", "json"):
        write(f"set/{name}/one{known[name].suffix}", known[name].write(said))
    write("set/plain.txt", "hello\n")
    write("set/alone.wav", "")
    write("set/plain.WAV", "")
    write("set/.hidden.txt", "no")
    corpus = read_corpus(tmp_path / "set")
    assert texts(corpus) == {
        "json/one": "hello",
        "plain": "hello",
        "srt/one": "hello",
        "textgrid/one": "hello",
        "alone": None,
    }
    assert corpus.utterances["plain"].audio == str(tmp_path / "set" / "plain.WAV")
    assert corpus.utterances["json/one"].duration_ms == 1000
    assert set(read_results(tmp_path / "set").results) == set(texts(corpus)) - {"alone"}
    write("set/plain.srt", "1\n00:00:00,000 --> 00:00:01,000\ntwice\n")
    with pytest.raises(InvalidTranscriptError, match=r"plain.txt: the id 'plain' is that of plain.srt already"):
        read_corpus(tmp_path / "set")
    (tmp_path / "set" / "plain.srt").write_text("1\n00:00:02,000 --> 00:00:01,000\nx\n")
    with pytest.raises(InvalidTranscriptError, match=r"plain\.srt: Line 2: the cue ends"):
        read_corpus(tmp_path / "set")


def test_one_transcript_by_itself_is_a_data_set(write: Write) -> None:
    """`ref.vtt` and `heard.txt` name one recording each; beside a corpus of one they are the same."""
    corpus = read_corpus(write("ref.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"))
    assert texts(corpus) == {"ref": "hello"}
    path = write("heard.txt", "hallo\n")
    assert heard(read_results(path)) == {"heard": "hallo"}
    assert heard(read_results(path, corpus=corpus)) == {"ref": "hallo"}


def test_ids_meet_by_their_last_part_where_it_is_clear(write: Write) -> None:
    """A folder in front does not matter unless two utterances would fit; what fits none stays, to be refused."""
    corpus = Corpus({id: Utterance(id, None) for id in ("a/1", "a/2", "b/2", "3", "a/5")})
    found = read_results(write("x.tsv", "1\tx\n2\tx\nz/3\tx\n4\tx\ny/5\tx\nz/5\tx\n"), corpus=corpus)
    assert list(found.results) == ["a/1", "2", "3", "4", "y/5", "z/5"]
    assert [one.id for one in found.results.values()] == list(found.results)


def test_results_of_a_run_come_back_whole(tmp_path: Path) -> None:
    """Deliveries, kinds of errors, times and transcripts survive the file; vendors' raw answers stay out of it."""
    said = Transcript((Segment("안녕", 0, 10),), raw=Answer(b"private"))
    results = [
        Result("a", "delivered", said, timing=Timing(total_s=1.5, tries=2)),
        Result("b", "failed", error="UnavailableError", timing=Timing(tries=3)),
        Result("c", "empty", Transcript()),
    ]
    path = tmp_path / "vendor.jsonl"
    path.write_bytes(written(results))
    assert b"private" not in path.read_bytes() and b"cHJpdmF0ZQ" not in path.read_bytes()
    found = read_results(path)
    results[0].transcript = Transcript((Segment("안녕", 0, 10),))
    assert found == Entrant("vendor", {one.id: one for one in results})
    path.write_bytes(written(results) * 2)
    with pytest.raises(InvalidTranscriptError, match="'a' stands there more than once"):
        read_results(path)
    path.write_text('{"format": "earwitness.result/1", "id": "a", "delivery": "delivered"}\n{"id": 1}\n')
    with pytest.raises(InvalidTranscriptError, match="Line 2: this is no result"):
        read_results(path)


@pytest.mark.skipif(os.name == "nt", reason="needs a named pipe")
def test_what_is_no_data_set_is_refused_in_words(write: Write, tmp_path: Path) -> None:
    """A missing file, an empty one, an unknown format and results in the place of references each say so."""
    with pytest.raises(InvalidTranscriptError, match="There is no file or folder"):
        read_corpus(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidTranscriptError, match="is a pipe or device"):
        read_corpus(tmp_path / "pipe")
    with pytest.raises(InvalidTranscriptError, match=r"none of the formats.*nemo"):
        read_corpus(write("x.bin", "\0\1"))
    with pytest.raises(InvalidTranscriptError, match="is in none of the formats"):
        read_corpus(write("x.jsonl", '{"audio": "a.wav", "text": "one line may look like a transcript"}'))
    with pytest.raises(InvalidTranscriptError, match="is empty"):
        read_corpus(write("x.jsonl", "\n"))
    with pytest.raises(InvalidTranscriptError, match=r"is packed. Unpack it first"):
        (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(NEMO.encode()))
        read_corpus(tmp_path / "x.jsonl.gz")
    write("set/a.txt", "hello")
    os.mkfifo(tmp_path / "set" / "b.txt")
    assert list(read_corpus(tmp_path / "set").utterances) == ["a"]  # and it does not wait for the pipe
    with pytest.raises(InvalidTranscriptError, match="no utterance"):
        read_corpus(write("x.trn", ""))
    with pytest.raises(InvalidTranscriptError, match="begins as UTF-16 and is damaged"):
        (tmp_path / "old.trn").write_bytes(b"\xff\xfe\xff(u)\n")
        read_corpus(tmp_path / "old.trn")
    with pytest.raises(InvalidRequestError, match=r"no data set format 'nemoo'.*nemo"):
        read_corpus(write("x.trn", "a (b)\n"), format="nemoo")
    with pytest.raises(InvalidRequestError, match="holds results and no references"):
        read_corpus(write("r.jsonl", written([Result("a", "empty", Transcript())]).decode()))


def test_every_format_says_what_an_id_is() -> None:
    """Nobody has to guess under which id an utterance stands."""
    assert len(formats()) >= 14
    assert [name for name, told in formats().items() if "id" not in told] == []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real recordings are not beside this repository")
def test_the_real_recordings_can_be_read() -> None:
    """The manifest and the two lists of sentences beside it name the same recordings."""
    corpus = read_corpus(SHARED / "manifest.jsonl")
    assert len(corpus) == 11 and all(one.audio and Path(one.audio).is_file() for one in corpus)
    listed = read_results(SHARED / "librivox" / "transcription", corpus=corpus)
    assert set(listed.results) == {id for id in corpus.utterances if id.startswith("librivox/")}

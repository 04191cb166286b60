"""One application for every provider: only the name of the profile changes.

python docs/examples/swap.py PROFILE [RECORDING]
"""

import sys
from pathlib import Path

import earwitness
from earwitness.media import open_media, pcm
from earwitness.request import FileAudio

RECORDING = Path(__file__).parent / "first_words.wav"


def recorded(session: earwitness.Session, recording: Path) -> None:
    """A recording as a job: watched until it is finished, and read as segments and words."""
    job = session.submit(recording, word_times=True)
    statuses = list(dict.fromkeys(now.status for now in session.watch(job)))
    transcript = session.result(job)
    print("job:     ", statuses[-1])
    for segment in transcript.segments:
        timed = [word.start_ms for word in segment.words if word.start_ms is not None]
        # Times are there where the provider gives them, and then in the same order everywhere.
        assert segment.start_ms is None or all(segment.start_ms <= start for start in timed)
        print("segment: ", segment.text)
    print("words:   ", sum(len(segment.words) for segment in transcript.segments))


def live(session: earwitness.Session, recording: Path) -> None:
    """The same sound as a live stream: interim guesses, then final segments in order of time."""
    with open_media(FileAudio(recording)) as media, session.stream(pcm(media, sample_rate=16_000)) as stream:
        finals = [event.segment for event in stream if isinstance(event, earwitness.Final)]
    starts = [one.start_ms for one in finals if one.start_ms is not None]
    assert starts == sorted(starts)
    print("live:    ", " ".join(one.text for one in finals))


def refused(session: earwitness.Session) -> None:
    """The same mistakes are the same errors."""
    for wrong in (Path("missing.wav"), Path(__file__)):
        try:
            session.transcribe(wrong)
        except earwitness.EarwitnessError as error:
            print("error:   ", type(error).__name__)


def main(profile: str, recording: Path) -> None:
    """All of it with this profile."""
    with earwitness.open(profile) as session:
        recorded(session, recording)
        live(session, recording)
        refused(session)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python swap.py PROFILE [RECORDING]")
    try:
        main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) == 3 else RECORDING)
    except earwitness.EarwitnessError as error:
        sys.exit(str(error))

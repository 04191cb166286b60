"""The scripted provider keeps the contract, as far as one can that hears what its caller wrote down."""

import json
from pathlib import Path

from earwitness.models import Segment, Speaker, Transcript, Word
from earwitness.testing import ProviderContract, Recorded, Sample

SAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"
SAID = Transcript(
    (
        Segment("Good morning.", 100, 900, (Word("Good", 100, 400), Word("morning.", 450, 900)), speaker="1"),
        Segment("안녕하세요", 1000, 1500, (Word("안녕하세요", 1000, 1500),), speaker="2"),
    ),
    (Speaker("1"), Speaker("2")),
)
SCENE = SAID.to_json().decode()


class TestScripted(ProviderContract):
    """A script with silence, speech, and a job that takes two questions."""

    plugin = "earwitness.scripted"
    settings = {
        "scenes": [
            {"audio": "silence*", "steps": []},
            {
                "transcript": json.loads(SCENE),
                "steps": [{"status": "queued", "seconds": 0}, {"status": "running", "progress": 0.5, "seconds": 0}],
            },
        ]
    }
    sample = Sample(SAMPLE, SAID.text)
    answers = (
        Recorded(SAID.to_json(), text=SAID.text, words=3, speakers=("1", "2"), end_ms=1500),
        Recorded(Transcript().to_json(), text=""),
    )
    callbacks = (Recorded(f'{{"id": "scripted-1", "transcript": {SCENE}}}', text=SAID.text, id="scripted-1"),)
    excused = {
        "D3": "it is built into core, and its module is loaded only for a profile that names it",
        "C3": "a script answers what is written in it, whatever is asked for",
        "M2": "another vendor's options pass, so that a profile can be swapped for a scripted one in a test",
        "L2": "a script is heard in whatever audio is streamed",
    }

"""Makes `first_words.wav`: two synthesized sentences, 16 kHz mono, for the README and the tests.

    python docs/examples/make_sample.py [OUTPUT]

Needs `espeak-ng` on the path and PyAV (`earwitness[media]`). The same version of espeak-ng gives the same speech.
"""

import array
import io
import random
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import av

SENTENCES = ("Every story has a beginning.", "Thank you for listening.")
SYNTHESIZER = "1.51"  # the espeak-ng that made the file in the repository
VOICE, WORDS_PER_MINUTE = "en-us+f2", 140  # of its voices, the one that a recogniser trained on people follows best
LOUDNESS = 0.3  # a recorded voice seldom fills the whole range
ROOM = 16.0  # standard deviation of the samples' noise: no room is silent, and a recogniser expects one
RATE = 16_000
PAUSE_S, MARGIN_S = 0.6, 0.25


def main(output: Path) -> None:
    """Writes the sample to `output`."""
    pause, margin = (array.array("h", bytes(2 * round(RATE * seconds))) for seconds in (PAUSE_S, MARGIN_S))
    first, second = (spoken(sentence) for sentence in SENTENCES)
    write(output, in_a_room(margin + first + pause + second + margin))


def spoken(sentence: str) -> "array.array[int]":
    """The sentence as espeak-ng says it, as samples at 16 kHz."""
    command = ["espeak-ng", "-v", VOICE, "-s", str(WORDS_PER_MINUTE), "--stdout", sentence]
    done = subprocess.run(command, capture_output=True, check=True)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(done.stdout), "r") as container:
        frames = [*container.decode(audio=0), None]
        samples = array.array("h")
        for frame in frames:
            for resampled in resampler.resample(frame):
                samples.frombytes(bytes(resampled.planes[0])[: 2 * resampled.samples])
    return samples


def in_a_room(samples: "array.array[int]") -> "array.array[int]":
    """The samples at their loudness, with the same faint noise at every run."""
    noise = random.Random(ROOM)
    return array.array("h", (round(LOUDNESS * sample + noise.gauss(0, ROOM)) for sample in samples))


def write(output: Path, samples: "array.array[int]") -> None:
    """A WAV file: 16 kHz, mono, 16 bits."""
    with wave.open(str(output), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


if __name__ == "__main__":
    if shutil.which("espeak-ng") is None:
        sys.exit("make_sample: espeak-ng is not on the path. Install it (on Debian: apt-get install espeak-ng).")
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("first_words.wav"))

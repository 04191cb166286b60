"""Makes the README's picture: runs the commands it shows and draws the terminal as SVG.

python docs/examples/make_picture.py docs/images/first-transcript.svg
"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    "earwitness transcribe docs/examples/first_words.wav",
    "earwitness transcribe docs/examples/first_words.wav --format srt",
    "earwitness providers",
)


def main(output: Path) -> None:
    """Writes the picture to `output`."""
    console = Console(record=True, width=84, file=io.StringIO())
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text(printed(command)))
    output.parent.mkdir(parents=True, exist_ok=True)
    # Without its web fonts: the picture fetches nothing from anywhere.
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="earwitness"), flags=re.DOTALL)
    output.write_text(picture, encoding="utf-8")


def printed(command: str) -> str:
    """What the command prints."""
    arguments = [sys.executable, "-m", *command.split()]
    return subprocess.run(arguments, capture_output=True, text=True, check=True, encoding="utf-8").stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What is written is whole, private, or not there at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from earwitness.cli._files import check_writable, is_full, write_file
from earwitness.cli._output import printable
from earwitness.errors import OutputError

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions and devices")


def test_a_file_holds_the_text_in_utf8(tmp_path: Path) -> None:
    """Text is written in UTF-8 with plain line ends, and nothing else is left in the folder."""
    write_file(tmp_path / "a.txt", "안녕\n你好\n")
    assert (tmp_path / "a.txt").read_bytes() == "안녕\n你好\n".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


@posix
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """A result is readable by its owner only, also where a more open file stood before."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o644)
    write_file(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_text() == "new"


@posix
def test_a_link_is_followed(tmp_path: Path) -> None:
    """Writing to a symbolic link replaces what it points to, not the link."""
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_file(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"


@posix
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A named pipe stays a pipe: its reader gets the text."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen([sys.executable, "-c", f"print(open({str(pipe)!r}).read())"], stdout=subprocess.PIPE)
    write_file(pipe, "through")
    assert reader.communicate(timeout=60)[0].strip() == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("target", ["missing/a.txt", "folder"])
def test_a_place_that_takes_no_file_is_one_sentence(tmp_path: Path, target: str) -> None:
    """A missing folder, or a folder where a file should be, is an OutputError that names the place."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=Path(target).name):
        write_file(tmp_path / target, "text")
    assert os.listdir(tmp_path) == ["folder"] and os.listdir(tmp_path / "folder") == []


@posix
def test_a_full_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    """When the system refuses more bytes, the error says so, the old file is untouched and no temporary one stays."""
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from earwitness.cli._files import write_file, is_full\n"
        "from earwitness.errors import OutputError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_file(Path('a.txt'), 'x' * 100_000)\n"
        "except OutputError as error:\n"
        "    print(is_full(error), error)\n"
    )
    (tmp_path / "a.txt").write_text("old")
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("True a.txt could not be written: the disk is full. Make room")
    assert (tmp_path / "a.txt").read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_draft_goes_when_the_process_ends(tmp_path: Path) -> None:
    """A file that is not yet whole is gone after what an end of the process runs, also without unwinding."""
    code = (
        "import atexit, os\n"
        "from pathlib import Path\n"
        "from earwitness._drafts import Draft\n"
        "draft = Draft(Path())\n"
        "assert os.path.exists(draft.name)\n"
        "os.close(draft.handle)\n"
        "atexit._run_exitfuncs()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, timeout=60, check=True)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_a_pipe_without_a_name_is_written_to() -> None:
    """`--output /dev/stdout` in front of a pipe: the name leads to nothing that can be found by name."""
    reading, writing = os.pipe()
    with open(reading, "rb") as reader:
        with open(writing, "wb"):
            write_file(Path(f"/dev/fd/{writing}"), "안녕")
        assert reader.read().decode() == "안녕"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_told_too() -> None:
    """A device that is full is the same error."""
    with pytest.raises(OutputError, match="the disk is full") as caught:
        write_file(Path("/dev/full"), "text")
    assert is_full(caught.value)


def test_a_folder_is_tried_before_anything_is_paid_for(tmp_path: Path) -> None:
    """A folder that takes no file is found out without leaving one."""
    check_writable(tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(OutputError, match="nowhere") as caught:
        check_writable(tmp_path / "nowhere")
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == errno.ENOENT


def test_text_cannot_steer_a_terminal() -> None:
    """Control characters are replaced; line ends, accents, emoji and right-to-left text stay."""
    assert printable("a\x1b[31mb\rc\x9b") == "a\ufffd[31mb\ufffdc\ufffd"
    assert printable("é\n안녕\t😀 שלום\u200f") == "é\n안녕\t😀 שלום\u200f"

"""A CLOVA job that was recorded shows no secret, and plays without a server."""

from pathlib import Path

import pytest

from earwitness.errors import ConfigurationError
from earwitness.recording import replay
from support.recorded import SAID, SPEECH, disguises, recorded, replayed

INVENTED = {"invoke_url": "https://nobody.invalid/external/v1/1/key-of-nobody", "secret_key": "also-of-nobody"}


def test_a_job_is_recorded_without_secrets_and_played(tmp_path: Path) -> None:
    """Neither key nor invoke key is in any file, in no disguise; the whole job gives the same transcript again."""
    folder = tmp_path / "job"
    heard, facts, request = recorded("clova", folder, switches={"processing_s": "30"}, service="long")
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert "01-submit.json" in files and "/recognizer/upload" in files["recording.json"]
    for secret in (facts["secret_key"], facts["invoke_url"].rpartition("/")[2]):
        assert not [name for name, text in files.items() for form in disguises(secret) if form in text]
    assert replayed(folder, INVENTED, request).to_json() == heard.to_json() and heard.text == SAID


def test_live_audio_is_refused(tmp_path: Path) -> None:
    """A session that plays a recording dials nobody; it says that live audio is not recorded."""
    (tmp_path / "recording.json").write_text('{"provider": "clova", "exchanges": []}')
    settings = {"stream_secret_key": "of-nobody"}
    with (
        replay(tmp_path, settings=settings) as session,
        pytest.raises(ConfigurationError, match="Live audio is not recorded"),
    ):
        list(session.stream(SPEECH, language="ko-KR"))

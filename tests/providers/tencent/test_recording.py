"""A Tencent job that was recorded shows no secret, and plays without a server."""

from pathlib import Path

from support.recorded import SAID, disguises, recorded, replayed

INVENTED = {"secret_id": "AKIDofnobody", "secret_key": "of-nobody-too", "app_id": "1250000000"}


def test_a_job_is_recorded_without_secrets_and_played(tmp_path: Path) -> None:
    """Neither key, id nor account is in any file; a question in between is recorded, and a wrong clock is not."""
    folder = tmp_path / "job"
    switches = {"doing_answers": "1", "clock_ahead_s": "1000"}
    heard, facts, request = recorded("tencent", folder, switches=switches, service="recording")
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert sorted(files) == ["01-submit.json", "02-fetch.json", "03-fetch.json", "recording.json"]
    for secret in (facts["secret_key"], facts["secret_id"], facts["app_id"]):
        assert not [name for name, text in files.items() for form in disguises(secret) if form in text]
    assert replayed(folder, INVENTED, request).to_json() == heard.to_json() and heard.text == SAID

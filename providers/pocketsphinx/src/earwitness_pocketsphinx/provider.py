"""PocketSphinx answers requests with an engine of this machine; core runs it in worker processes."""

from dataclasses import replace

from earwitness.capabilities import AudioFacts, Capabilities
from earwitness.errors import UnsupportedFeatureError
from earwitness.provider import Plan, Provider, Submission
from earwitness.request import LiveAudio, TranscriptionRequest

from ._engine import PocketSphinxEngine
from .capabilities import CAPABILITIES
from .settings import Settings

__all__ = ["PocketSphinx"]


class PocketSphinx(Provider[Settings]):
    """Offline recognition: American English out of the box, any language with models given by setting."""

    name = "pocketsphinx"
    Settings = Settings
    capabilities = CAPABILITIES

    def offered(self) -> Capabilities:
        """The one service, in the language of this profile's models."""
        (service,) = CAPABILITIES.services
        return Capabilities((replace(service, languages=(self.settings.language,)),))

    def plan(self, request: TranscriptionRequest, facts: AudioFacts) -> Plan:
        """The local service. Another language than the models' is refused with the settings that would bring it."""
        plan = super().plan(request, facts)
        (service,) = self.offered().services
        if not service.speaks(plan.languages):
            raise UnsupportedFeatureError(
                f"This profile's PocketSphinx models hear {self.settings.language}, not {', '.join(plan.languages)}",
                feature="language",
                provider=self.name,
                action="Set language, acoustic_model, language_model and dictionary in the profile's settings.",
            )
        return plan

    def engine(self, submission: Submission) -> PocketSphinxEngine:
        """The recogniser with this profile's models."""
        settings = self.settings
        return PocketSphinxEngine(
            acoustic_model=settings.acoustic_model,
            language_model=settings.language_model,
            dictionary=settings.dictionary,
            interim=isinstance(submission.request.audio, LiveAudio),
        )
